import { open } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions, type DatabaseStats } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { freeze } from '../support/freeze.ts';
import { freshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const UNKNOWN = {
  botCount: null,
  candleCount: null,
  rawTradeCount: null,
  estimated: [],
  sizeOnDiskBytes: null,
  tableSizesBytes: { bots: null, candles: null, rawTrades: null },
  healthy: false,
};
const QUICK = { connectTimeoutMs: 1_000, statsBudgetMs: 100, shutdownTimeoutMs: 1_000 };
/** Both limits, and what a busy machine may add to them; two minutes is what an outage may take. */
const IN_TIME_MS = 5_000;

async function inTime(db: DatabaseOperations): Promise<DatabaseStats> {
  const start = performance.now();
  const stats = await db.getStats();
  expect(performance.now() - start).toBeLessThan(IN_TIME_MS);
  return stats;
}

onEveryServer('the statistics of a failing', (dialect) => {
  let server: OwnServer;
  let proxy: FaultProxy;
  let url: string;
  const opened: DatabaseOperations[] = [];
  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: proxy.through(url), ...QUICK, ...options });
    opened.push(db);
    return db;
  };

  beforeAll(async () => {
    server = await startServer(dialect);
    ({ url } = await freshOn(server.url, dialect));
    proxy = await openFaultProxy(server.url);
    const db = instance({ connectTimeoutMs: 10_000 });
    await db.migrations.up();
    await db.marketData.upsertCandles([candle(0), candle(1)]);
  }, startServerTimeoutMs);

  afterEach(() => proxy.heal());

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await proxy.close();
    await server.stop();
  });

  it.each(['before', 'after'])('are unknown where the server is gone %s the first connection', async (when) => {
    const db = instance();
    if (when === 'after') {
      await db.connect();
    }
    proxy.cutOff();
    expect(await inTime(db)).toMatchObject({ ...UNKNOWN, error: { operation: 'getStats' } });
    await expect(db.healthCheck()).resolves.toBe(false);
    proxy.heal();
    await expect(instance({ connectTimeoutMs: 10_000, statsBudgetMs: 10_000 }).getStats()).resolves.toMatchObject({
      candleCount: 2,
      healthy: true,
      error: null,
    });
  });

  it('are unknown where the server is frozen', async () => {
    const db = instance({ url });
    await db.connect();
    await freeze(server);
    try {
      expect(await inTime(db)).toMatchObject({ ...UNKNOWN, error: { kind: 'timeout' } });
      await expect(db.health()).resolves.toMatchObject({ healthy: false, error: { kind: 'timeout' } });
    } finally {
      await server.kill('SIGCONT');
    }
  });

  it('are unknown where every connection is busy, and the connection that comes too late is given back', async () => {
    const db = instance({ pool: { max: 1 } });
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const transaction = db.transaction(async (tx) => {
      await tx.bots.list();
      begun.resolve();
      await end.promise;
    });
    await begun.promise;
    expect(await inTime(db)).toMatchObject({ ...UNKNOWN, error: { kind: 'timeout' } });
    end.resolve();
    await transaction;
    await expect(db.bots.list()).resolves.toEqual([]);
    expect(db.pool).toMatchObject({ size: 1, free: 1, pending: 0 });
  });

  it('keep the estimates where the server goes while it counts', async () => {
    const db = instance({ connectTimeoutMs: 10_000, statsBudgetMs: 10_000 });
    await db.connect();
    proxy.cutAfter('count(*)');
    expect(await db.getStats()).toMatchObject({
      botCount: expect.any(Number),
      candleCount: expect.any(Number),
      estimated: ['botCount', 'candleCount', 'rawTradeCount'],
      sizeOnDiskBytes: expect.any(Number),
      healthy: false,
      error: { kind: 'connection' },
    });
  });
});

describe('the statistics of a damaged file', () => {
  it.each([
    ['all but its first page', 4_096, 'unknown'],
    ['its head', 0, 'configuration'],
  ])('are unknown, and so is it to every other look: %s', async (_what, from, kind) => {
    const { url, remove } = await freshDatabase('sqlite');
    const writer = new DatabaseOperations({ url });
    await writer.marketData.upsertCandles(Array.from({ length: 500 }, (_, index) => candle(index)));
    await writer.close();
    const file = await open(url.slice('sqlite:'.length), 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size - from, 0xa5), 0, size - from, from);
    await file.close();

    await using db = new DatabaseOperations({ url, autoMigrate: false });
    expect(await inTime(db)).toMatchObject({ ...UNKNOWN, error: { kind } });
    await expect(db.healthCheck()).resolves.toBe(false);
    await expect(db.health()).resolves.toMatchObject({ healthy: false, error: { kind } });
    await db.close();
    await remove();
  });
});
