import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { resolveSettings } from '../../src/config/settings.ts';
import { numberOf } from '../../src/databases/dialect.ts';
import type { PooledConnection } from '../../src/databases/pool/pooled-connection.ts';
import { DatabaseOperations, type PoolOptions } from '../../src/index.ts';
import { Database } from '../../src/operations/database.ts';
import { failureOf } from '../support/failure.ts';
import { freeze } from '../support/freeze.ts';
import { type FreshDatabase, freshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

const idOf = async (pooled: PooledConnection): Promise<number> =>
  numberOf((await pooled.execute('select connection_id() as id')).rows[0], 'id');

onEveryServer('the pool on a', (dialect) => {
  let database: FreshDatabase;
  const opened: Database[] = [];

  beforeAll(async () => {
    database = await freshDatabase(dialect);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close(true)));
  });
  afterAll(() => database.remove());

  async function open(pool: PoolOptions, url = database.url): Promise<Database> {
    const one = await Database.open(resolveSettings('test', { url, pool }));
    opened.push(one);
    return one;
  }

  const lendAll = (one: Database, count: number): Promise<PooledConnection[]> =>
    Promise.all(Array.from({ length: count }, () => one.acquireConnection()));

  /** The connections to the database, as the server lists them. */
  async function listed(): Promise<number[]> {
    const name = new URL(database.url).pathname.slice(1);
    const statement = `select id from information_schema.processlist where db = '${name}' and id <> connection_id()`;
    let rows: Record<string, unknown>[] | undefined;
    await until(async () => {
      // a server cannot list a statement that another test is just running, with letters its list does not hold
      rows = (await database.sql(statement).catch(() => undefined)) as typeof rows;
      return rows !== undefined;
    });
    return (rows ?? []).map((row) => Number(Object.values(row)[0])).sort((a, b) => a - b);
  }

  it('replaces connections that the server has killed while they were idle, and no caller notices', async () => {
    const one = await open({ min: 3, max: 3 });
    const loans = await lendAll(one, 3);
    const ids = await Promise.all(loans.map(idOf));
    for (const pooled of loans) {
      pooled.release();
    }
    // what was just used is lent unasked; a statement that fails for it is sent again where that is safe
    await sleep(600);
    for (const id of ids) {
      await database.sql(`kill ${id}`);
    }
    const after = await Promise.all(
      (await lendAll(one, 3)).map(async (pooled) => {
        const id = await idOf(pooled);
        pooled.release();
        return id;
      }),
    );
    expect(after.filter((id) => ids.includes(id))).toEqual([]);
    expect(one.pool.state).toEqual({ size: 3, free: 3, pending: 0 });
  });

  it('never reuses a connection that was killed while it was lent', async () => {
    const one = await open({ max: 1 });
    const pooled = await one.acquireConnection();
    const id = await idOf(pooled);
    const next = one.acquireConnection();
    await database.sql(`kill ${id}`);
    await expect(pooled.execute('select sleep(5)')).rejects.toBeDefined();
    pooled.release();
    const other = await next;
    expect(await idOf(other)).not.toBe(id);
    other.release();
  });

  it('closes what is idle too long, down to its least number, as the server sees it', async () => {
    const one = await open({ min: 1, max: 4, idleTimeoutMs: 300 });
    const loans = await lendAll(one, 4);
    await until(async () => (await listed()).length === 4);
    for (const pooled of loans) {
      pooled.release();
    }
    await until(async () => (await listed()).length === 1);
    expect(one.pool.state).toEqual({ size: 1, free: 1, pending: 0 });
  });

  it('replaces what is old, as the server sees it', async () => {
    const one = await open({ min: 2, max: 2, recycleMs: 500 });
    const loans = await lendAll(one, 2);
    const ids = await Promise.all(loans.map(idOf));
    for (const pooled of loans) {
      pooled.release();
    }
    await until(async () => {
      const now = await listed();
      return now.length === 2 && !now.some((id) => ids.includes(id));
    });
  });

  it('empties on clear(): the idle ones now, the others when they come back', async () => {
    const db = new DatabaseOperations({ url: database.url, pool: { max: 4 } });
    await Promise.all(Array.from({ length: 4 }, () => db.healthCheck()));
    expect(db.pool.size).toBeGreaterThan(0);
    db.pool.clear();
    expect(db.pool).toMatchObject({ size: 0, free: 0, pending: 0 });
    await until(async () => (await listed()).length === 0);
    expect(await db.healthCheck()).toBe(true);
    await db.close();
  });

  it('serves 500 callers by two connections in the order in which they came, beside a slow one', async () => {
    const one = await open({ min: 2, max: 2 });
    const slow = await one.acquireConnection();
    const sleeping = slow.execute('select sleep(0.5)').finally(() => slow.release());
    const order: number[] = [];
    const callers = Array.from({ length: 500 }, async (_, caller) => {
      const pooled = await one.acquireConnection();
      order.push(caller);
      await pooled.execute('select 1');
      pooled.release();
    });
    expect(one.pool.state.pending).toBe(500);
    await Promise.all([...callers, sleeping]);
    expect(order).toEqual(Array.from({ length: 500 }, (_, caller) => caller));
    expect(one.pool.state).toEqual({ size: 2, free: 2, pending: 0 });
    expect(await listed()).toHaveLength(2);
  });
});

onEveryServer('a pool whose server is restarted or frozen:', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;

  beforeAll(async () => {
    server = await startServer(dialect);
    database = await freshOn(server.url, dialect);
  }, startServerTimeoutMs);
  afterAll(async () => {
    await server.stop();
    await database.remove().catch(() => undefined);
  });

  const instance = (pool: PoolOptions): DatabaseOperations => new DatabaseOperations({ url: database.url, pool });

  it('a restarted server answers the next caller, on new connections', async () => {
    const db = instance({ min: 2, max: 4 });
    await db.migrations.up();
    await db.marketData.upsertCandle(candle());
    await server.restart();
    expect(await db.marketData.getCandles({ ...SERIES, ...ALWAYS })).toHaveLength(1);
    await until(() => db.pool.free >= 2);
    await db.close();
  });

  it('a server that is away for a while has its least number of connections again when it is back', async () => {
    const db = instance({ min: 2, max: 2 });
    await db.connect();
    await until(() => db.pool.size === 2);
    await server.kill('SIGKILL');
    await until(() => db.pool.size === 0);
    await server.restart();
    await until(() => db.pool.size === 2);
    await db.close();
  });

  it('a frozen server does not keep an instance from closing', async () => {
    const db = instance({ min: 3, max: 3 });
    await db.connect();
    await until(() => db.pool.free === 3);
    await freeze(server);
    try {
      const start = performance.now();
      await db.close();
      expect(performance.now() - start).toBeLessThan(15_000);
    } finally {
      await server.kill('SIGCONT');
    }
  });

  it('a frozen server does not hold up a forced close, whatever is under way', async () => {
    const db = instance({ min: 1, max: 3 });
    await db.connect();
    await freeze(server);
    try {
      // one is being asked whether it is alive, the others are being opened
      await sleep(600);
      const reading = Promise.allSettled(
        Array.from({ length: 3 }, () => db.marketData.getCandles({ ...SERIES, ...ALWAYS })),
      );
      await sleep(50);
      const start = performance.now();
      await db.close({ force: true });
      // a busy machine takes its time; a connection that is asked or opened is given two and more seconds
      expect(performance.now() - start).toBeLessThan(1_500);
      for (const outcome of await reading) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'closed' } });
      }
    } finally {
      await server.kill('SIGCONT');
    }
  });
});

onEveryDatabase(
  'waiting for a connection',
  (bench) => {
    it('ends by the name of the time limit, and the next caller is served', async () => {
      const held = Promise.withResolvers<void>();
      const holding = bench.db.transaction(() => held.promise);
      await until(() => bench.db.pool.free === 0 && bench.db.pool.size === 1);
      const failure = await failureOf(bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS }));
      expect(failure).toMatchObject({ kind: 'timeout', code: 'ER_GET_CONNECTION_TIMEOUT' });
      expect(failure.message).toMatch(/within 150 ms \(1 of at most 1 in use.*DB_ACQUIRE_TIMEOUT_MS/);
      held.resolve();
      await holding;
      expect(await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS })).toEqual([]);
      expect(bench.db.pool).toMatchObject({ size: 1, free: 1, pending: 0 });
    });
  },
  { pool: { max: 1, acquireTimeoutMs: 150 } },
);
