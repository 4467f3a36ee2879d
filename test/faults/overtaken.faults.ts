import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { until } from '../support/until.ts';
import { COLLECTOR, faultScenario } from './fault-scenario.ts';
import { OvertakenLoad, type OvertakenRound } from './overtaken-load.ts';
import { byForm } from './run-settings.ts';

const ROUNDS = byForm({ whole: 60, short: 15 });
/** So long a stalled statement would go on, and then be done after all that was acknowledged meanwhile. */
const STALL_SECONDS = 3;
const LOCKS: readonly (readonly string[])[] = [
  ['begin', 'select * from market_data for update'],
  ['lock tables market_data write'],
  ['flush tables with read lock'],
];
const WORKING =
  "select id as id from information_schema.processlist where user = 'collector' and command <> 'Sleep' " +
  "and (info like 'insert into%' or info like 'do sleep%')";

faultScenario('a server that is late, a', [], (scenario) => {
  let admin: Connection;

  beforeAll(async () => {
    await scenario.sql(`grant trigger on *.* to ${COLLECTOR}`);
  });

  afterAll(() => admin.end());

  const working = async (): Promise<number[]> => {
    const [rows] = await admin.query<RowDataPacket[]>(WORKING);
    return rows.map(({ id }) => Number(id));
  };
  const someWork = async (): Promise<number[]> => {
    await until(async () => (await working()).length > 0);
    return working();
  };

  /** Others hold what it needs, and its repetition too. */
  const locked = async (lock: readonly string[], { first, second }: OvertakenRound): Promise<void> => {
    for (const statement of lock) {
      await admin.query(statement);
    }
    const writing = first();
    const lost = await someWork();
    scenario.proxy.resetAll();
    await until(async () => (await working()).some((id) => !lost.includes(id)));
    await admin.query('rollback');
    await admin.query('unlock tables');
    await writing;
    await second();
  };

  /** It stalls by itself, so that its repetition and what comes later are past it. */
  const stalled = async ({ first, second }: OvertakenRound): Promise<void> => {
    await admin.query("insert into stalled select id from information_schema.processlist where user = 'collector'");
    const writing = first();
    await someWork();
    scenario.proxy.resetAll();
    await writing;
    await second();
    await until(async () => (await working()).length === 0);
    await admin.query('delete from stalled');
  };

  /** A proxy still has it. */
  const heldBack = async ({ first, second }: OvertakenRound): Promise<void> => {
    const passOn = scenario.proxy.holdBack('insert into');
    await first();
    await second();
    passOn();
    await sleep(100);
  };

  const ways = [stalled, heldBack, ...LOCKS.map((lock) => (round: OvertakenRound) => locked(lock, round))];

  scenario.holds('a statement stalled while its connection is reset', async () => undefined, {
    load: (db) =>
      new OvertakenLoad(db, ROUNDS, async (round) => {
        if (round.round === 0) {
          admin = await createConnection(scenario.server.url.replace(/^mariadb:/, 'mysql:'));
          const name = await db.sql.scalar('select database()');
          await admin.query(`use ${name}`);
          await admin.query('create table stalled (id bigint not null)');
          await admin.query(
            `create definer = ${COLLECTOR} trigger stall before insert on market_data for each row ` +
              `begin if exists (select 1 from stalled where id = connection_id()) then do sleep(${STALL_SECONDS}); end if; end`,
          );
        }
        await ways[round.round % ways.length]?.(round);
        // nothing of it is left that could still be done
        await until(async () => (await working()).length === 0);
      }),
  });
});
