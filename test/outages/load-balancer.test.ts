import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { untilLockWait } from '../support/lock-wait.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

const FIRST = candle(0, { volume: '1' });
const SECOND = candle(0, { volume: '2' });
/** So far are the numbers of one server's connections ahead of the other's. */
const AHEAD = 40;

onEveryServer('behind a balancer before two of a', (dialect) => {
  let here: OwnServer;
  let there: OwnServer;
  let proxy: FaultProxy;
  let locker: Connection;
  let stranger: Connection | undefined;
  let db: DatabaseOperations;
  let retries = 0;

  const rootOf = (server: OwnServer): string => server.url.replace(/^mariadb:/, 'mysql:');
  const urlOf = (server: OwnServer): string => Object.assign(new URL(server.url), { pathname: '/market' }).href;
  const stored = async (server: OwnServer): Promise<number[]> => {
    const connection = await createConnection(rootOf(server));
    const [rows] = await connection.query<RowDataPacket[]>('select volume from market.market_data');
    await connection.end();
    return rows.map(({ volume }) => Number(volume));
  };

  const open = async (options: DatabaseOptions): Promise<void> => {
    retries = 0;
    db = new DatabaseOperations({
      url: proxy.through(urlOf(here)),
      ...options,
      retry: {
        onRetry: () => {
          retries += 1;
        },
      },
    });
    await db.marketData.upsertCandle(candle(0));
  };

  /** A connection of somebody else to the other server, of the same account and with the number of ours on this one. */
  const strangerLike = async (id: number): Promise<Connection> => {
    for (;;) {
      const connection = await createConnection(rootOf(there));
      const [[row] = []] = await connection.query<RowDataPacket[]>('select connection_id() as id');
      if (row?.['id'] === id) {
        await connection.query('begin');
        await connection.query("insert into market.strangers values ('kept')");
        return connection;
      }
      expect(row?.['id']).toBeLessThan(id);
      await connection.end();
    }
  };

  /** Begins a write that waits for a lock, while new connections are led to the other server. */
  const writeAstray = async (): Promise<{ writing: Promise<unknown>; id: number }> => {
    await locker.query('begin');
    await locker.query('select * from market.market_data for update');
    const writing = db.marketData.upsertCandle(FIRST, true);
    const sql = async (statement: string): Promise<unknown> => (await locker.query(statement))[0];
    const id = await untilLockWait({ sql }, 'insert into%');
    stranger = await strangerLike(id);
    proxy.leadTo(there.url);
    return { writing, id };
  };

  /** Waits until so many connections were led to the other server, each to look for the statement. */
  const askedElsewhere = async (times: number): Promise<void> => {
    const before = proxy.connections;
    await until(() => proxy.connections >= before + times);
  };

  const expectStrangerUnharmed = async (): Promise<void> => {
    await stranger?.query('commit');
    const [rows] = (await stranger?.query<RowDataPacket[]>('select * from market.strangers')) ?? [];
    expect(rows).toHaveLength(1);
  };

  beforeAll(async () => {
    [here, there] = await Promise.all([startServer(dialect, {}), startServer(dialect, {})]);
    proxy = await openFaultProxy(here.url);
    for (const server of [here, there]) {
      const admin = await createConnection(rootOf(server));
      await admin.query('create database market');
      await admin.query('create table market.strangers (name varchar(20) not null)');
      await admin.end();
      await using migrating = new DatabaseOperations({ url: urlOf(server) });
      await migrating.migrations.up();
    }
  }, startServerTimeoutMs);

  beforeEach(async () => {
    // the other server's numbers must not be past this one's
    const other = await createConnection(rootOf(there));
    for (let last = 0; last < other.threadId + AHEAD; ) {
      const connection = await createConnection(rootOf(here));
      last = connection.threadId;
      await connection.end();
    }
    await other.end();
    locker = await createConnection(rootOf(here));
    proxy.leadTo(here.url);
  });

  afterEach(async () => {
    await db.close({ force: true });
    await stranger?.query('delete from market.strangers');
    stranger?.destroy();
    locker.destroy();
    for (const server of [here, there]) {
      const admin = await createConnection(rootOf(server));
      await until(async () => {
        const [rows] = await admin.query<RowDataPacket[]>('show processlist');
        return rows.filter(({ Info }) => String(Info).startsWith('insert into')).length === 0;
      });
      await admin.query('delete from market.market_data');
      await admin.end();
    }
  });

  afterAll(async () => {
    await proxy.close();
    await Promise.all([here.stop(), there.stop()]);
  });

  it('kills no connection of the other server, and waits for the statement that this one works on', async () => {
    await open({ silenceCheckMs: 100 });
    const { writing } = await writeAstray();
    await askedElsewhere(3);
    await locker.query('commit');
    await expect(writing).resolves.toBe('updated');
    expect(retries).toBe(0);
    await expectStrangerUnharmed();
  });

  it('ends the statement of a lost connection where it is, as soon as it is led there again, and no other', async () => {
    await open({});
    const { writing, id } = await writeAstray();
    proxy.resetAll();
    await askedElsewhere(4);
    proxy.leadTo(here.url);
    await until(async () => {
      const [rows] = await locker.query<RowDataPacket[]>('show processlist');
      return rows.every(({ Id }) => Id !== id);
    });
    await locker.query('commit');
    await writing;
    await db.marketData.upsertCandle(SECOND, true);
    await expect(stored(here)).resolves.toEqual([2]);
    await expect(stored(there)).resolves.toEqual([]);
    await expectStrangerUnharmed();
  });

  it('goes on with the other server when this one is not reached any more, as after a failover', async () => {
    await open({});
    const { writing } = await writeAstray();
    proxy.resetAll();
    await writing;
    await db.marketData.upsertCandle(SECOND, true);
    await expect(stored(there)).resolves.toEqual([2]);
    await expectStrangerUnharmed();
  });
});
