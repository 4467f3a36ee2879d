import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { CandleInput, RejectedInput } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { throwing } from '../support/refused.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

onEveryDatabase('writers', (bench) => {
  /** Waits until a number of rows is stored, and returns how many there are. */
  const untilStored = async (table: 'marketData' | 'rawTrades', rows: number): Promise<number> => {
    let stored = 0;
    await until(async () => {
      stored = (await storedRows(bench.database))[table];
      return stored >= rows;
    });
    return stored;
  };
  const closes = async (): Promise<string[]> =>
    (await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS })).map(({ close }) => close);

  describe('of candles', () => {
    it('store what was written when so many rows have gathered', async () => {
      await using writer = bench.db.marketData.candleWriter({ batchRows: 3, flushIntervalMs: HOUR_MS });
      writer.write(candle(0));
      writer.write(candle(1));
      await sleep(30);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
      writer.write(candle(2));
      await expect(untilStored('marketData', 3)).resolves.toBe(3);
    });

    it('store what was written when the first of it has waited long enough', async () => {
      await using writer = bench.db.marketData.candleWriter({ flushIntervalMs: 20 });
      writer.write(candle(0));
      await expect(untilStored('marketData', 1)).resolves.toBe(1);
    });

    it('store what was written when asked to, and say so when it is stored', async () => {
      await using writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
      writer.write(candle(0));
      await writer.flush();
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 1 });
    });

    it('let timers and signals run, also where the store answers at once', async () => {
      let turns = 0;
      const counting = setInterval(() => {
        turns += 1;
      }, 1);
      await using writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
      for (let minute = 0; turns < 4 && minute < 10_000; minute += 1) {
        writer.write(candle(minute));
        await writer.flush();
      }
      clearInterval(counting);
      expect(turns).toBeGreaterThan(3);
    });

    it('store every row of many batches, the last one included', async () => {
      const writer = bench.db.marketData.candleWriter({ batchRows: 100 });
      for (let minute = 0; minute < 2_345; minute += 1) {
        if (!writer.write(candle(minute))) {
          await once(writer, 'drain');
        }
      }
      writer.end();
      await once(writer, 'finish');
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2_345 });
      expect(writer.stats()).toMatchObject({ inserted: 2_345, queued: 0 });
    });

    it('keep a stored candle, unless asked to overwrite it', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { close: '42001' }));
      {
        await using writer = bench.db.marketData.candleWriter();
        writer.write(candle(0, { close: '42002' }));
      }
      await expect(closes()).resolves.toEqual(['42001']);
      {
        await using writer = bench.db.marketData.candleWriter({ forceUpdate: true });
        writer.write(candle(0, { close: '42003' }));
      }
      await expect(closes()).resolves.toEqual(['42003']);
    });

    it('store the versions of a candle in the order they were written, batch after batch', async () => {
      await using writer = bench.db.marketData.candleWriter({ forceUpdate: true, batchRows: 1 });
      for (let version = 0; version < 40; version += 1) {
        writer.write(candle(0, { close: 41_991 + version / 100, closed: false }));
      }
      await writer.flush();
      await expect(closes()).resolves.toEqual(['41991.39']);
      expect(writer.stats()).toMatchObject({ inserted: 1, updated: 39, written: 40 });
    });

    it("never let an open candle replace a closed one under 'unless-closed', in one batch or in two", async () => {
      for (const batchRows of [1, 5_000]) {
        await bench.database.sql('delete from market_data');
        const writer = bench.db.marketData.candleWriter({ forceUpdate: 'unless-closed', batchRows });
        writer.write(candle(0, { close: '42001', closed: false }));
        writer.write(candle(0, { close: '42002', closed: true }));
        writer.write(candle(0, { close: '42003', closed: false }));
        await writer[Symbol.asyncDispose]();
        await expect(closes()).resolves.toEqual(['42002']);
      }
    });

    it('store what was written, whatever becomes of the object afterwards', async () => {
      await using writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
      const startTime = new Date(Number(candle(0).startTime));
      const given = { ...candle(0), startTime } as { -readonly [K in keyof CandleInput]: CandleInput[K] };
      writer.write(given);
      given.close = 'nonsense';
      startTime.setTime(0);
      given.symbol = 'ANOTHER';
      await writer.flush();
      await expect(closes()).resolves.toEqual(['42005']);
    });

    it('report of each faulty candle what was given and what is wrong with it, and store the others', async () => {
      await using writer = bench.db.marketData.candleWriter();
      const told: RejectedInput<CandleInput>[] = [];
      writer.on('rejected', (rejected) => told.push(rejected));
      const faulty = [candle(1, { high: '1' }), 'no candle', undefined, throwing(candle(2), 'close')];
      writer.write(candle(0));
      for (const row of faulty) {
        writer.write(row as CandleInput);
      }
      writer.write(candle(3));
      await writer.flush();

      expect(told.map(({ row }) => row)).toEqual(faulty);
      expect(told.map(({ issues }) => issues[0]?.path)).toEqual(['open', '', '', '']);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
    });

    it('count what became of every row they were given', async () => {
      await bench.db.marketData.upsertCandles([candle(0), candle(1)]);
      await using writer = bench.db.marketData.candleWriter({ forceUpdate: true, flushIntervalMs: HOUR_MS });
      writer.on('rejected', () => undefined);
      writer.write(candle(0)); // as it is stored
      writer.write(candle(1, { close: '42001' }));
      writer.write(candle(2, { close: '42001' })); // replaced by the next one
      writer.write(candle(2));
      writer.write(candle(3, { low: '-1' }));
      expect(writer.stats()).toMatchObject({ written: 0, rejected: 1, queued: 4 });
      await writer.flush();
      expect(writer.stats()).toEqual({
        written: 2,
        inserted: 1,
        updated: 1,
        unchanged: 2,
        rejected: 1,
        retried: 0,
        queued: 0,
        spooled: 0,
        lastStoredAt: expect.any(Date),
        lastBatchMs: expect.any(Number),
        longestBatchMs: expect.any(Number),
        meanBatchMs: expect.any(Number),
      });
    });
  });

  describe('of raw trades', () => {
    it('store points and messages to the letter, each once', async () => {
      const writer = bench.db.rawTrades.rawTradeWriter();
      writer.write(point(0));
      writer.write(point(0, { payload: '{"another":1}' }));
      writer.write({ symbol: 'BTC-USDT', dataType: 'ticker', rawData: '{"last": 42000.10}' });
      await writer[Symbol.asyncDispose]();

      expect(writer.stats()).toMatchObject({ inserted: 2, updated: 0, unchanged: 1, rejected: 0 });
      const [trade] = await bench.db.rawTrades.getRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', ...ALWAYS });
      expect(trade?.rawData).toBe(point(0).payload);
      const [ticker] = await bench.db.rawTrades.getRawTrades({ symbol: 'BTC-USDT', dataType: 'ticker', ...ALWAYS });
      expect(ticker?.rawData).toBe('{"last": 42000.10}');
    });

    it('store what was written when so many bytes have gathered', async () => {
      await using writer = bench.db.rawTrades.rawTradeWriter({ batchBytes: 10_000, flushIntervalMs: HOUR_MS });
      const payload = JSON.stringify('x'.repeat(6_000));
      writer.write(point(0, { payload }));
      await sleep(30);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ rawTrades: 0 });
      writer.write(point(1, { payload }));
      await expect(untilStored('rawTrades', 1)).resolves.toBe(1);
      // the row is seen a moment before the writer hears of it
      await until(() => writer.stats().queued === 1);
    });

    it('give a message without an id one when it is written, so that writing it again changes nothing', async () => {
      const writer = bench.db.rawTrades.rawTradeWriter({ flushIntervalMs: HOUR_MS });
      writer.write({ symbol: 'BTC-USDT', dataType: 'ticker', rawData: '{}' });
      writer.write({ symbol: 'BTC-USDT', dataType: 'ticker', rawData: '{}' });
      const held = writer.unwritten;
      expect(new Set(held.map(({ sourceId }) => sourceId)).size).toBe(2);
      await writer[Symbol.asyncDispose]();

      const again = bench.db.rawTrades.rawTradeWriter();
      for (const row of held) {
        again.write(row);
      }
      await again[Symbol.asyncDispose]();
      expect(again.stats()).toMatchObject({ inserted: 0, unchanged: 2 });
    });

    it('report each faulty message and store the others', async () => {
      await using writer = bench.db.rawTrades.rawTradeWriter();
      const paths: (string | undefined)[] = [];
      writer.on('rejected', ({ issues }) => paths.push(issues[0]?.path));
      writer.write(point(0, { payload: '{"cut' }));
      writer.write(point(1));
      await writer.flush();
      expect(paths).toEqual(['payload']);
      expect(writer.stats()).toMatchObject({ inserted: 1, rejected: 1 });
    });
  });
});
