import { describe, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { until } from '../support/until.ts';

onEveryDatabase('an instance', (bench) => {
  it('lets timers and signals run during a loop of single calls', async () => {
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 1);
    for (let minute = 0; turns < 4 && minute < 10_000; minute += 1) {
      await bench.db.marketData.upsertCandle(candle(minute));
    }
    clearInterval(counting);
    expect(turns).toBeGreaterThan(3);
  });

  describe('connect', () => {
    it('connects now, once for callers at the same time, and again without effect', async () => {
      const db = bench.instance();
      expect(db.pool.size).toBe(0);
      await Promise.all([db.connect(), db.connect(), db.connect()]);
      await db.connect();
      expect(db.pool.size).toBe(1);
    });

    it('is not needed: the first operations connect, sharing one attempt', async () => {
      const db = bench.instance();
      const outcomes = await Promise.all([0, 1, 2].map((minute) => db.marketData.upsertCandle(candle(minute))));
      expect(outcomes).toEqual(['inserted', 'inserted', 'inserted']);
    });

    it('may be tried again after it failed', async () => {
      const db = new DatabaseOperations({ url: `${bench.database.url}/missing/x`, connectRetries: 0 });
      await failureOf(db.connect());
      await failureOf(db.connect());
      await db.close();
    });
  });

  describe('close', () => {
    it('ends it: every operation afterwards is refused by kind', async () => {
      const db = bench.instance();
      await db.marketData.upsertCandle(candle());
      expect(db.closed).toBe(false);
      await db.close();
      expect(db.closed).toBe(true);

      const afterwards: Record<string, () => Promise<unknown>> = {
        connect: () => db.connect(),
        'marketData.upsertCandle': () => db.marketData.upsertCandle(candle()),
        'marketData.upsertCandles': () => db.marketData.upsertCandles([candle()]),
        'marketData.getCandles': () => db.marketData.getCandles({ ...SERIES, ...ALWAYS }),
        'marketData.getCandleColumns': () => db.marketData.getCandleColumns({ ...SERIES, ...ALWAYS }),
        'marketData.getLatestCandle': () => db.marketData.getLatestCandle(SERIES),
        'marketData.countCandles': () => db.marketData.countCandles(),
        'marketData.deleteCandles': () => db.marketData.deleteCandles({ ...SERIES, ...ALWAYS }),
        'rawTrades.insertMarketDataPoint': () => db.rawTrades.insertMarketDataPoint(point()),
        'rawTrades.insertMany': () => db.rawTrades.insertMany([point()]),
        'rawTrades.getRawDataStats': () => db.rawTrades.getRawDataStats(),
        'bots.add': () => db.bots.add(bot()),
        'bots.list': () => db.bots.list(),
        getStats: () => db.getStats(),
        transaction: () => db.transaction(async () => undefined),
        'migrations.pending': () => db.migrations.pending(),
      };
      for (const [operation, call] of Object.entries(afterwards)) {
        await expect(failureOf(call())).resolves.toMatchObject({ kind: 'closed', operation, attempts: 0 });
      }
    });

    it('may be called again, also at the same time', async () => {
      const db = bench.instance();
      await db.connect();
      await Promise.all([db.close(), db.close()]);
      await db.close();
      await db.close({ force: true });
    });

    it('may be called on what never connected', async () => {
      const db = bench.instance();
      await db.close();
      expect(db.closed).toBe(true);
    });

    it('may be called while it connects', async () => {
      const db = bench.instance();
      const connecting = db.connect();
      await db.close();
      await connecting;
      expect(db.pool.size).toBe(0);
    });

    it('waits for the operations under way, those included that wait for a connection', async () => {
      const db = bench.instance({ pool: { max: 1 } });
      await db.connect();
      const writes = Array.from({ length: 20 }, (_, minute) => db.marketData.upsertCandle(candle(minute)));
      await db.close();
      await expect(Promise.all(writes)).resolves.toEqual(new Array(20).fill('inserted'));
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 20 });
    });

    it('waits for a batch of several statements as a whole', async () => {
      const db = bench.instance();
      await db.connect();
      const writing = db.marketData.upsertCandles(Array.from({ length: 3_500 }, (_, minute) => candle(minute)));
      const closing = db.close();
      await expect(writing).resolves.toMatchObject({ inserted: 3_500 });
      await closing;
    });

    it('waits for a transaction under way, to its end', async () => {
      const db = bench.instance();
      const begun = Promise.withResolvers<void>();
      const running = db.transaction(async (tx) => {
        await tx.marketData.upsertCandle(candle(0));
        begun.resolve();
        await new Promise((resolve) => setTimeout(resolve, 50));
        await tx.marketData.upsertCandle(candle(1));
        return 'done';
      });
      await begun.promise;
      await db.close();
      await expect(running).resolves.toBe('done');
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
    });

    it('waits for nothing when forced: a transaction under way fails and leaves nothing', async () => {
      const db = bench.instance();
      const begun = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const running = failureOf(
        db.transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(0));
          begun.resolve();
          await goOn.promise;
          await tx.marketData.upsertCandle(candle(1));
        }),
      );
      await begun.promise;
      const closing = db.close({ force: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
      goOn.resolve();
      const error = await running;
      expect(['closed', 'connection']).toContain(error.kind);
      await closing;
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
    });

    it('can still be forced when it waits for something that does not end', async () => {
      const db = bench.instance();
      const begun = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const running = db
        .transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(0));
          begun.resolve();
          await goOn.promise;
          await tx.marketData.upsertCandle(candle(1));
        })
        .catch(() => 'failed');
      await begun.promise;
      const closing = db.close();
      const forced = db.close({ force: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
      goOn.resolve();
      await expect(running).resolves.toBe('failed');
      await Promise.all([closing, forced]);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
    });
  });

  it('is closed by `await using`, also when the block throws', async () => {
    const used: DatabaseOperations[] = [];
    const block = async (): Promise<void> => {
      await using db = bench.instance();
      used.push(db);
      await db.marketData.upsertCandle(candle());
      throw new Error('out of the block');
    };
    await expect(block()).rejects.toThrow('out of the block');
    expect(used.map(({ closed }) => closed)).toEqual([true]);
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 1 });
  });

  describe('the pool', () => {
    it('has its size, its free connections and its waiting callers', async () => {
      const db = bench.instance({ pool: { max: 1 } });
      expect(db.pool).toMatchObject({ size: 0, free: 0, pending: 0 });
      await db.connect();
      expect(db.pool).toMatchObject({ size: 1, free: 1, pending: 0 });

      let waiting: Promise<number> | undefined;
      await db.transaction(async () => {
        waiting = db.marketData.countCandles();
        await until(() => db.pool.pending > 0);
        expect(db.pool).toMatchObject({ size: 1, free: 0, pending: 1 });
      });
      await expect(waiting).resolves.toBe(0);
      expect(db.pool).toMatchObject({ size: 1, free: 1, pending: 0 });
      await db.close();
      expect(db.pool).toMatchObject({ size: 0, free: 0, pending: 0 });
    });

    it('closes idle connections when cleared, and goes on', async () => {
      const db = bench.instance();
      db.pool.clear();
      await Promise.all([0, 1, 2].map(() => db.marketData.countCandles()));
      db.pool.clear();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await expect(db.marketData.countCandles()).resolves.toBe(0);
      expect(db.pool.pending).toBe(0);
      await db.close();
    });

    it('leaves a transaction under way alone when cleared', async () => {
      const db = bench.instance();
      await db.transaction(async (tx) => {
        await tx.marketData.upsertCandle(candle(0));
        db.pool.clear();
        await tx.marketData.upsertCandle(candle(1));
      });
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
    });
  });
});
