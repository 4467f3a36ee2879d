import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, SERIES } from '../support/samples.ts';

const POOL = { min: 1, max: 1, acquireTimeoutMs: 200 };

onEveryDatabase(
  'a pool that a long transaction keeps busy',
  (bench) => {
    it('makes a writer wait, and a single call fail by name after the time limit', async () => {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const transaction = bench.db.transaction(async () => {
        begun.resolve();
        await end.promise;
      });
      await begun.promise;
      await using writer = bench.db.marketData.candleWriter();
      writer.on('error', () => undefined);
      writer.write(candle(0));
      const flushed = writer.flush();
      await expect(failureOf(bench.db.marketData.countCandles(SERIES))).resolves.toMatchObject({
        kind: 'timeout',
        code: 'ER_GET_CONNECTION_TIMEOUT',
        attempts: 1,
      });
      await sleep(400);
      end.resolve();
      await transaction;
      await flushed;
      expect(writer.stats()).toMatchObject({ inserted: 1, queued: 0 });
      expect(writer.stats().retried).toBeGreaterThan(0);
    });

    it('reports its limits, and has its minimum open once it is connected', async () => {
      const db = bench.instance(bench.dialect === 'sqlite' ? {} : { pool: { min: 3, max: 5 } });
      const expected = bench.dialect === 'sqlite' ? { min: 1, max: 1 } : { min: 3, max: 5 };
      expect(db.pool).toMatchObject({ ...expected, size: 0 });
      await db.connect();
      expect(db.pool).toMatchObject({ ...expected, size: expected.min, free: expected.min });
    });
  },
  { pool: POOL },
);
