import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type DatabaseOperations, isInvalidInputError, readSpool } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { holdUp } from '../support/hold-up.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

const HOUR_MS = 3_600_000;

onEveryDatabase('closing an instance', (bench) => {
  it('reports what became of the rows that its writers held', async () => {
    const db = bench.instance();
    const candles = db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
    const trades = db.rawTrades.rawTradeWriter({ flushIntervalMs: HOUR_MS });
    candles.write(candle(0));
    await candles.flush();
    candles.write(candle(0));
    candles.write(candle(1));
    trades.write(point(0));
    const report = await db.close();
    expect(report).toEqual({
      flushed: 3,
      spooled: 0,
      unwritten: 0,
      leftInSpools: 0,
      forced: false,
      durationMs: expect.any(Number),
    });
    await expect(db.close()).resolves.toBe(report);
  });

  it('reports zeros where there were no rows', async () => {
    await expect(bench.instance().close()).resolves.toMatchObject({ flushed: 0, unwritten: 0, forced: false });
  });

  describe('when something does not end', () => {
    it('cuts it off after the shutdown timeout, and reports how many rows are not stored', async () => {
      const db = bench.instance({ shutdownTimeoutMs: 200 });
      await db.connect();
      const letGo = await holdUp(bench.db, candle(0));
      const writer = db.marketData.candleWriter({ batchRows: 2 });
      const failed = once(writer, 'error');
      for (let minute = 0; minute < 5; minute += 1) {
        writer.write(candle(minute));
      }
      const report = await db.close();
      await expect(failed).resolves.toMatchObject([{ kind: 'closed' }]);
      expect(report).toMatchObject({ flushed: 0, spooled: 0, unwritten: 5, forced: true });
      // a server lets a statement wait for a lock for 50 seconds
      expect(report.durationMs).toBeLessThan(15_000);
      expect(writer.unwritten).toHaveLength(5);
      await letGo();
    });

    it('waits without a limit where the timeout is 0', async () => {
      const db = bench.instance({ shutdownTimeoutMs: 0 });
      const goOn = Promise.withResolvers<void>();
      const running = db.transaction(async (tx) => {
        await tx.marketData.upsertCandle(candle(0));
        await goOn.promise;
      });
      const closing = db.close();
      await sleep(300);
      goOn.resolve();
      await running;
      await expect(closing).resolves.toMatchObject({ forced: false });
    });

    it('puts into a spool what its writers hold, in its order, for the next one to store', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'tradestore-closing-'));
      for (const force of [false, true]) {
        const db = bench.instance({ shutdownTimeoutMs: 200 });
        await db.connect();
        const letGo = await holdUp(bench.db, candle(0));
        const writer = db.marketData.candleWriter({ batchRows: 2, forceUpdate: true, spool: { directory } });
        writer.write(candle(0, { close: '41995' }));
        writer.write(candle(1));
        await sleep(50);
        writer.write(candle(0, { close: '41999' }));
        const flushed = writer.flush();
        const report = await db.close({ force });
        await flushed;
        expect(report).toMatchObject({ spooled: 3, unwritten: 0, leftInSpools: 3, forced: true });
        expect(writer.stats()).toMatchObject({ spooled: 3, queued: 0 });
        const rows: string[] = [];
        for await (const { row } of readSpool(directory)) {
          rows.push((row as { close: string }).close);
        }
        expect(rows).toEqual(['41995', '42005', '41999']);
        await letGo();
        const next = bench.instance();
        await expect(next.drainSpool({ directory })).resolves.toMatchObject({ drained: 3, left: 0 });
        await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
        await next.close();
      }
      await rm(directory, { recursive: true });
    });
  });

  describe('inside of a transaction', () => {
    const refusedIn = async (db: DatabaseOperations, close: () => Promise<unknown>): Promise<void> => {
      const error = await failureOf(
        db.transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(0));
          await close();
        }),
      );
      expect(isInvalidInputError(error)).toBe(true);
      expect(error).toMatchObject({ operation: 'close' });
      expect(error.message).toContain('its own end');
    };

    it('is refused, since it would wait for itself, and changes nothing', async () => {
      const db = bench.instance();
      await refusedIn(db, () => db.close());
      await refusedIn(db, async () => {
        await using closed = db;
        expect(closed.closed).toBe(false);
      });
      expect(db.closed).toBe(false);
      await expect(db.marketData.upsertCandle(candle(0))).resolves.toBe('inserted');
      await db.close();
    });

    it('may be scheduled there, and happens afterwards', async () => {
      const db = bench.instance();
      const ended = Promise.withResolvers<void>();
      let closed: Promise<unknown> | undefined;
      await db.transaction(async (tx) => {
        await tx.marketData.upsertCandle(candle(0));
        closed = ended.promise.then(() => db.close());
      });
      ended.resolve();
      await expect(closed).resolves.toMatchObject({ forced: false });
      await expect(failureOf(db.marketData.countCandles())).resolves.toMatchObject({ kind: 'closed' });
    });

    it('is done by force', async () => {
      const db = bench.instance();
      await failureOf(
        db.transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(0));
          await db.close({ force: true });
          await tx.marketData.upsertCandle(candle(1));
        }),
      );
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
    });

    it('of another instance is allowed', async () => {
      const other = bench.instance();
      await bench.db.transaction(async () => {
        await other.close();
      });
      expect(other.closed).toBe(true);
    });
  });

  it('may be called by a listener of the writer', async () => {
    const db = bench.instance();
    const writer = db.rawTrades.rawTradeWriter({ batchRows: 1, highWaterMark: 5 });
    const closed = Promise.withResolvers<unknown>();
    writer.once('drain', () => db.close().then(closed.resolve, closed.reject));
    for (let index = 0; index < 5; index += 1) {
      writer.write(point(index));
    }
    await expect(closed.promise).resolves.toMatchObject({ unwritten: 0 });
  });

  it('refuses like any other call one that an operation scheduled for after its end', async () => {
    const db = bench.instance();
    const closed = Promise.withResolvers<void>();
    let after: Promise<unknown> | undefined;
    await db.transaction(async () => {
      after = failureOf(closed.promise.then(() => db.marketData.countCandles()));
    });
    await db.close();
    closed.resolve();
    await expect(after).resolves.toMatchObject({ kind: 'closed', attempts: 0 });
  });
});
