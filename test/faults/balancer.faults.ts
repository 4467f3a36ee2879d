import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';
import { createCollector, faultScenario, migrated, sql } from './fault-scenario.ts';
import { OvertakenLoad, type OvertakenRound } from './overtaken-load.ts';
import { byForm } from './run-settings.ts';

const ROUNDS = byForm({ whole: 30, short: 6 });
/** So far are the numbers of one server's connections ahead of the other's, for all who ask there. */
const AHEAD = 40;
const OURS = "select id as id, info as info from information_schema.processlist where user = 'collector'";

/** The number that a server gives to the next connection. */
async function numberAt(url: string): Promise<number> {
  const [row] = (await sql(url, 'select connection_id() as id')) as { id: number }[];
  return Number(row?.id);
}

faultScenario('a balancer before two of a', [], (scenario) => {
  let there: OwnServer;
  let strangers: Connection[] = [];

  beforeAll(async () => {
    there = await startServer(scenario.dialect, {});
    await createCollector(there.url);
  }, startServerTimeoutMs);

  afterAll(() => there.stop());

  const ours = async (): Promise<readonly RowDataPacket[]> => (await scenario.sql(OURS)) as RowDataPacket[];

  /** Connections of the same account to the other server, with the numbers that ours have on this one. */
  const strangersLike = async (ids: ReadonlySet<number>, name: string): Promise<void> => {
    const url = new URL(scenario.collector(there.url).replace(/^mariadb:/, 'mysql:'));
    url.port = String(there.port);
    url.pathname = name;
    while (strangers.length < ids.size) {
      const connection = await createConnection(url.href);
      const [[row] = []] = await connection.query<RowDataPacket[]>('select connection_id() as id');
      const id = Number(row?.['id']);
      expect(id).toBeLessThanOrEqual(Math.max(...ids));
      if (ids.has(id)) {
        await connection.query('begin');
        await connection.query("insert into strangers values ('kept')");
        strangers.push(connection);
      } else {
        await connection.end();
      }
    }
  };

  const expectUnharmed = async (): Promise<void> => {
    for (const stranger of strangers) {
      const [rows] = await stranger.query<RowDataPacket[]>('select * from strangers');
      expect(rows).toHaveLength(1);
      await stranger.query('rollback');
      await stranger.end();
    }
    strangers = [];
  };

  /** Leads astray whoever connects anew while a statement waits for a lock, and its connection is reset. */
  const astray = async ({ first, second }: OvertakenRound, name: string): Promise<void> => {
    const target = (await numberAt(there.url)) + AHEAD;
    while ((await numberAt(scenario.server.url)) < target) {
      // each look is a connection of its own
    }
    scenario.proxy.resetAll();
    const locker = await createConnection(scenario.server.url.replace(/^mariadb:/, 'mysql:'));
    await locker.query(`use ${name}`);
    await locker.query('begin');
    await locker.query('select * from market_data for update');
    const writing = first();
    await until(async () => (await ours()).some(({ info }) => String(info).startsWith('insert into')));
    const lost = new Set((await ours()).map(({ id }) => Number(id)));
    await strangersLike(lost, name);
    scenario.proxy.leadTo(there.url);
    const before = scenario.proxy.connections;
    scenario.proxy.resetAll();
    // it has asked there, more than once
    await until(() => scenario.proxy.connections >= before + 3);
    scenario.proxy.leadTo(scenario.server.url);
    // what was lost is ended here, before the lock is let go
    await Promise.race([writing, until(async () => (await ours()).every(({ id }) => !lost.has(Number(id))))]);
    await locker.end();
    await writing;
    await second();
    await expectUnharmed();
  };

  let name = '';
  scenario.holds('a balancer that changes the server', async () => undefined, {
    load: (db) =>
      new OvertakenLoad(db, ROUNDS, async (round) => {
        if (round.round === 0) {
          name = String(await db.sql.scalar('select database()'));
          await migrated(there.url, name);
          await sql(there.url, `create table ${name}.strangers (name varchar(20) not null)`);
        }
        await astray(round, name);
        const [row] = (await sql(there.url, `select count(*) as n from ${name}.market_data`)) as { n: number }[];
        expect(Number(row?.n)).toBe(0);
      }),
  });
});
