import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle, SERIES } from '../support/samples.ts';

const CALLERS = 500;
const LOCKED = [0, 1];

onEveryServer('a pool of two connections, on a', (dialect) => {
  let database: FreshDatabase;
  let admin: Connection;
  const opened: DatabaseOperations[] = [];

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, ...options, pool: { max: 2, ...options.pool } });
    opened.push(db);
    return db;
  };

  /** Makes an overwriting write of one of the locked candles a slow query, until it is told to let go. */
  const holdUp = async () => {
    await admin.query('begin');
    for (const minute of LOCKED) {
      // the whole key, so that the candle alone is locked, and no gap beside it
      await admin.query(
        "select * from market_data where exchange = 'okx' and symbol = 'BTC-USDT' and timeframe = '1m' and price_type = 'trade' " +
          `and start_time = '2024-01-01 00:0${minute}:00' for update`,
      );
    }
    return () => admin.query('commit');
  };

  const slow = (db: DatabaseOperations, minute: number) =>
    db.marketData.upsertCandle(candle(minute, { close: '42001' }), true);

  const waitingForLock = async (expected: number): Promise<void> => {
    for (let look = 0; ; look += 1) {
      const [rows] = await admin.query<RowDataPacket[]>(
        "select count(*) as waiting from information_schema.processlist where db = database() and info like 'insert into%'",
      );
      if (Number(rows[0]?.['waiting']) >= expected) {
        return;
      }
      if (look === 500) {
        throw new Error('nobody waits for the lock');
      }
      await sleep(20);
    }
  };

  /** What the server counts: connections to this database, but for those of the test itself. One that was closed is listed a moment longer. */
  const connections = async (expected: number): Promise<number> => {
    for (let look = 1; ; look += 1) {
      const [rows] = await admin.query<RowDataPacket[]>(
        'select count(*) as open from information_schema.processlist where db = database() and id <> connection_id()',
      );
      // one is that of the database's helper
      const open = Number(rows[0]?.['open']) - 1;
      if (open === expected || look === 100) {
        return open;
      }
      await sleep(50);
    }
  };

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    admin = await createConnection(database.url.replace(/^mariadb:/, 'mysql:'));
    const db = instance();
    await db.migrations.up();
    await db.marketData.upsertCandles(LOCKED.map((minute) => candle(minute)));
    await db.close();
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await admin.end();
    await database.remove();
  });

  it('serves 500 callers in the order of asking past one slow query, and keeps both connections', async () => {
    const db = instance();
    await db.connect();
    const letGo = await holdUp();
    const slowOne = slow(db, 0);
    await waitingForLock(1);

    const served: number[] = [];
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const outcome = await db.marketData.upsertCandle(candle(caller, { symbol: 'QUICK' }));
      served.push(caller);
      return outcome;
    });
    await sleep(0);
    expect(db.pool.size).toBeLessThanOrEqual(2);
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['inserted']));
    expect(served).toEqual(served.toSorted((a, b) => a - b));

    await letGo();
    await expect(slowOne).resolves.toBe('updated');
    expect(db.pool).toMatchObject({ size: 2, free: 2, pending: 0 });
    await expect(connections(2)).resolves.toBe(2);
    await expect(db.marketData.countCandles({ symbol: 'QUICK' })).resolves.toBe(CALLERS);
    await db.close();
    await expect(connections(0)).resolves.toBe(0);
  });

  it('tells 500 callers by name that no connection was free in time, and serves them when there is one', async () => {
    const db = instance({ pool: { acquireTimeoutMs: 400 }, retry: { outage: { attempts: 1 } } });
    await db.connect();
    const letGo = await holdUp();
    const slowOnes = LOCKED.map((minute) => slow(db, minute));
    await waitingForLock(LOCKED.length);

    const start = performance.now();
    const failures = await Promise.all(
      Array.from({ length: CALLERS }, () => failureOf(db.marketData.getLatestCandle(SERIES))),
    );
    expect(performance.now() - start).toBeLessThan(10_000);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        kind: 'timeout',
        code: 'ER_GET_CONNECTION_TIMEOUT',
        operation: 'marketData.getLatestCandle',
        retryable: true,
      });
      expect(failure.message).toMatch(/within 400 ms \(2 of at most 2 in use.*DB_POOL_MAX.*DB_ACQUIRE_TIMEOUT_MS/);
    }
    expect(db.pool).toMatchObject({ size: 2, free: 0, pending: 0 });

    await letGo();
    await expect(Promise.all(slowOnes)).resolves.toHaveLength(LOCKED.length);
    // both of them serve again, and nobody who gave up is served any more
    await Promise.all(LOCKED.map(() => db.marketData.getLatestCandle(SERIES)));
    expect(db.pool).toMatchObject({ size: 2, free: 2, pending: 0 });
    await expect(connections(2)).resolves.toBe(2);
  });
});
