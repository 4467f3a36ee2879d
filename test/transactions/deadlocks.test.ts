import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, SERIES } from '../support/samples.ts';
import { shuffled } from '../support/shuffled.ts';

onEveryDatabase('contention', (bench) => {
  it('lets no deadlock of two writers with overlapping keys, in opposite order, reach a caller', async () => {
    const batches = 200;
    const rows = 20;
    const write = async (order: 'asc' | 'desc'): Promise<number> => {
      const db = bench.instance();
      let written = 0;
      for (let step = 0; step < batches; step += 1) {
        // neighbouring batches share half of their keys
        const batch = order === 'asc' ? step : batches - 1 - step;
        const minutes = Array.from({ length: rows }, (_, index) => (batch * rows) / 2 + index);
        const ordered = order === 'asc' ? minutes : minutes.reverse();
        const result = await db.marketData.upsertCandles(
          ordered.map((minute) => candle(minute, { volume: order === 'asc' ? minute : minute + 0.5 })),
          { forceUpdate: true },
        );
        written += result.inserted + result.updated + result.unchanged;
      }
      return written;
    };

    await expect(Promise.all([write('asc'), write('desc')])).resolves.toEqual([batches * rows, batches * rows]);
    await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe((batches * rows) / 2 + rows / 2);
  });

  it('lets no deadlock of four writers that insert and overwrite in random order reach a caller', async () => {
    const write = async (seed: number): Promise<void> => {
      const db = bench.instance();
      const minutes = shuffled(
        Array.from({ length: 400 }, (_, index) => index),
        seed,
      );
      for (let start = 0; start < minutes.length; start += 40) {
        const batch = minutes.slice(start, start + 40).map((minute) => candle(minute, { volume: minute * 10 + seed }));
        await db.marketData.upsertCandles(batch, {
          forceUpdate: seed % 2 === 0 ? true : 'unless-closed',
          atomic: seed === 3,
        });
      }
    };
    await Promise.all([1, 2, 3, 4].map(write));
    await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(400);
  });

  it('waits for a transaction of another process that holds a lock for a moment', async () => {
    const other = bench.instance();
    const { id } = await bench.db.bots.add(bot());
    const started = Promise.withResolvers<void>();
    const holding = other.transaction(async (tx) => {
      await tx.bots.update(id, { currentBalance: '900' });
      started.resolve();
      await new Promise((resolve) => setTimeout(resolve, 700));
    });
    await started.promise;

    await expect(bench.db.bots.recordHeartbeat(id)).resolves.toBe(true);
    await holding;
    await expect(bench.db.bots.getById(id)).resolves.toMatchObject({
      currentBalance: '900',
      lastHeartbeat: expect.any(Date),
    });
  });

  it('lets one of two concurrent updates of a bot through and fails the other with a conflict', async () => {
    const { id, version } = await bench.db.bots.add(bot());
    const other = bench.instance();
    const results = await Promise.allSettled([
      bench.db.bots.update(id, { status: 'active' }, { expectedVersion: version }),
      other.bots.update(id, { status: 'paused' }, { expectedVersion: version }),
    ]);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({ kind: 'conflict' });
    await expect(bench.db.bots.getById(id)).resolves.toMatchObject({ version: version + 1 });
  });

  it('serves more callers than it has connections, each in turn', async () => {
    const db = bench.instance({ pool: { max: 2 } });
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, minute) => db.marketData.upsertCandle(candle(minute))),
    );
    expect(new Set(results)).toEqual(new Set(['inserted']));
    expect(db.pool.size).toBeLessThanOrEqual(2);
    expect(db.pool.pending).toBe(0);
  });

  it('says by name that no connection was free in time', async () => {
    const db = bench.instance({ pool: { max: 1, acquireTimeoutMs: 1_000 } });
    await db.connect();
    await db.transaction(async () => {
      // the one connection is the transaction's; this asks for another
      const error = await failureOf(db.marketData.countCandles());
      expect(error).toMatchObject({ kind: 'timeout', retryable: true });
      expect(error.message).toContain('DB_ACQUIRE_TIMEOUT_MS');
    });
    await expect(db.marketData.countCandles()).resolves.toBe(0);
  });

  it('leaves no connection behind when work fails in every way', async () => {
    const db = bench.instance({ pool: { max: 3, acquireTimeoutMs: 2_000 } });
    const failing = Array.from({ length: 30 }, (_, index) =>
      db
        .transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(index));
          if (index % 3 === 0) {
            throw new Error('the caller gave up');
          }
          if (index % 3 === 1) {
            await tx.bots.add(bot({ name: 'same' }));
            await tx.bots.add(bot({ name: 'same' }));
          }
          await tx.transaction(async () => {
            throw new Error('the savepoint gave up');
          });
        })
        .catch(() => undefined),
    );
    await Promise.all(failing);

    expect(db.pool.free).toBe(db.pool.size);
    await expect(bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS })).resolves.toEqual([]);
    await expect(bench.db.bots.list()).resolves.toEqual([]);
  });

  it('lets several processes write the same series at once', async () => {
    const script = `
      const { DatabaseOperations } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      await using db = new DatabaseOperations({ url: process.argv[1] });
      for (let minute = 0; minute < 60; minute += 1) {
        await db.marketData.upsertCandle({ symbol: 'BTC-USDT', timeframe: '1m', startTime: 1704067200000 + minute * 60000,
          open: 1, high: 2, low: 1, close: 2, volume: process.argv[2] * 100 + minute, closed: true }, true);
      }`;
    const codes = await Promise.all(
      [1, 2, 3].map(async (writer) => {
        const child = spawn(
          process.execPath,
          ['--input-type=module', '-e', script, bench.database.url, String(writer)],
          {
            stdio: ['ignore', 'inherit', 'inherit'],
          },
        );
        return (await once(child, 'exit'))[0] as number;
      }),
    );
    expect(codes).toEqual([0, 0, 0]);
    await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(60);
  });
});
