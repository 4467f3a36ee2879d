import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type CandleInput, isDatabaseOperationError, isInvalidInputError } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { holdUp } from '../support/hold-up.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

onEveryDatabase('writers and the end of their instance', (bench) => {
  describe('close', () => {
    it('stores what every open writer holds, batch after batch', async () => {
      const db = bench.instance();
      const candles = db.marketData.candleWriter({ batchRows: 100, flushIntervalMs: HOUR_MS });
      const trades = db.rawTrades.rawTradeWriter({ flushIntervalMs: HOUR_MS });
      for (let index = 0; index < 350; index += 1) {
        candles.write(candle(index));
        trades.write(point(index));
      }
      await db.close();
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 350, rawTrades: 350 });
      expect([candles.stats().queued, trades.stats().queued]).toEqual([0, 0]);
    });

    it('waits for a batch that is under way', async () => {
      const db = bench.instance();
      const letGo = await holdUp(bench.db, candle(0));
      const writer = db.marketData.candleWriter({ batchRows: 1 });
      writer.write(candle(0));
      writer.write(candle(1));
      const closing = db.close();
      await sleep(20);
      await letGo();
      await closing;
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
    });

    it('waits for what a writer was given inside of a transaction, too', async () => {
      const db = bench.instance();
      const writer = db.marketData.candleWriter({ batchRows: 1 });
      await db.transaction(async (tx) => {
        await tx.rawTrades.insertMarketDataPoint(point(0));
        writer.write(candle(bench.dialect === 'sqlite' ? 0 : 1));
      });
      await db.close();
      expect(writer.stats()).toMatchObject({ inserted: 1, queued: 0 });
    });

    it('makes a row that comes later fail by kind; none is lost silently', async () => {
      const db = bench.instance();
      const writer = db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
      writer.write(candle(0));
      const closing = db.close();
      const failed = once(writer, 'error');
      expect(writer.write(candle(1))).toBe(false);
      await closing;
      const [error] = await failed;
      expect(isDatabaseOperationError(error)).toBe(true);
      expect(error).toMatchObject({ kind: 'closed', operation: 'marketData.candleWriter' });
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 1 });
      expect(writer.unwritten.length).toBe(1);
    });

    it('lets a writer that gets no more rows end without an error', async () => {
      const db = bench.instance();
      const writer = db.marketData.candleWriter();
      writer.write(candle(0));
      await db.close();
      await writer[Symbol.asyncDispose]();
      expect(writer.writableFinished).toBe(true);
    });

    it('ends a pipeline whose source goes on, with the kind `closed` at its next row', async () => {
      for (const form of ['a stream', 'a generator']) {
        const db = bench.instance();
        const source = async function* (): AsyncGenerator<CandleInput> {
          for (let minute = 0; ; minute += 1) {
            yield candle(minute);
            await sleep(2);
          }
        };
        const writer = db.marketData.candleWriter({ batchRows: 5 });
        const recorded = failureOf(pipeline(form === 'a stream' ? Readable.from(source()) : source, writer));
        await until(() => writer.stats().written > 0);
        await db.close();
        await expect(recorded).resolves.toMatchObject({ kind: 'closed' });
        const { written, queued } = writer.stats();
        expect(written).toBeGreaterThan(0);
        expect(writer.unwritten.length).toBe(queued);
        await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: written });
        await bench.database.sql('delete from market_data');
      }
    });

    it('by force: makes writers fail with the kind `closed`, with what they hold', async () => {
      const db = bench.instance();
      await db.connect();
      const letGo = await holdUp(bench.db, candle(0));
      const writer = db.marketData.candleWriter({ batchRows: 2 });
      const failed = once(writer, 'error');
      for (let minute = 0; minute < 5; minute += 1) {
        writer.write(candle(minute));
      }
      const flushed = failureOf(writer.flush());
      await sleep(20);
      await db.close({ force: true });
      await expect(failed).resolves.toMatchObject([{ kind: 'closed', operation: 'marketData.candleWriter' }]);
      await expect(flushed).resolves.toMatchObject({ kind: 'closed' });
      expect(writer.unwritten.length).toBe(5);
      await letGo();
    });

    it('by force: does not fail a writer that holds nothing and has no listener', async () => {
      const db = bench.instance();
      const writer = db.marketData.candleWriter();
      writer.write(candle());
      await writer.flush();
      await db.close({ force: true });
      expect([writer.destroyed, writer.errored]).toEqual([true, null]);
    });

    it('leaves no writer to be made afterwards', async () => {
      const db = bench.instance();
      await db.close();
      const closed = (operation: string) => expect.objectContaining({ kind: 'closed', operation });
      expect(() => db.marketData.candleWriter()).toThrow(closed('marketData.candleWriter'));
      expect(() => db.rawTrades.rawTradeWriter()).toThrow(closed('rawTrades.rawTradeWriter'));
    });
  });

  it('are not made in a transaction, which says what to use there', async () => {
    const refused = async (operation: string, make: Parameters<typeof bench.db.transaction>[0]) => {
      const error = await failureOf(bench.db.transaction(make));
      expect(isInvalidInputError(error)).toBe(true);
      expect(error).toMatchObject({ operation });
      expect(error.message).toMatch(/upsertCandles\(\) or insertMany\(\)/);
    };
    await refused('marketData.candleWriter', async (tx) => tx.marketData.candleWriter());
    await refused('rawTrades.rawTradeWriter', async (tx) => tx.rawTrades.rawTradeWriter());
    await refused('marketData.candleWriter', (tx) => tx.transaction(async (inner) => inner.marketData.candleWriter()));
  });
});
