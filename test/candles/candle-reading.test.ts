import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Candle } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, MINUTE, NEW_YEAR, SERIES } from '../support/samples.ts';

const minutesOf = (candles: readonly Candle[]): number[] =>
  candles.map(({ startTime }) => (startTime.getTime() - NEW_YEAR) / MINUTE);
const at = (minute: number): Date => new Date(NEW_YEAR + minute * MINUTE);

onEveryDatabase('reading candles', (bench) => {
  beforeEach(async () => {
    // ten of the series, the last of them open; and neighbours that must not be met
    const series = Array.from({ length: 10 }, (_, minute) => candle(minute, { closed: minute < 9 }));
    await bench.db.marketData.upsertCandles([
      ...series.toReversed(),
      candle(20, { symbol: 'BTC-USDC' }),
      candle(20, { symbol: 'BTC-USDT-SWAP' }),
      candle(20, { exchange: 'binance' }),
      candle(20, { timeframe: '5m' }),
    ]);
  });

  describe('getLatestCandles', () => {
    it.each([
      [1, [9]],
      [3, [7, 8, 9]],
      [100, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ])('reads the last %s by ascending start', async (n, minutes) => {
      expect(minutesOf(await bench.db.marketData.getLatestCandles(SERIES, n))).toEqual(minutes);
    });

    it('leaves open candles out when asked for closed ones, and is empty where there are none', async () => {
      const closed = await bench.db.marketData.getLatestCandles({ ...SERIES, closedOnly: true }, 2);
      expect(minutesOf(closed)).toEqual([7, 8]);
      await expect(bench.db.marketData.getLatestCandles({ ...SERIES, symbol: 'XRP' }, 2)).resolves.toEqual([]);
    });

    it.each([0, -1, 1.5, Number.NaN, '5', undefined, null])('refuses %p as their number', async (n) => {
      const error = await failureOf(bench.db.marketData.getLatestCandles(SERIES, n as number));
      expect(error).toMatchObject({ kind: 'invalid-input', operation: 'marketData.getLatestCandles' });
    });
  });

  describe('getCandles', () => {
    it('reads a series by ascending start, and nothing of its neighbours', async () => {
      const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS });
      expect(minutesOf(read)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('reads from the end when asked for descending order', async () => {
      const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS, order: 'desc' });
      expect(minutesOf(read)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    });

    it.each([
      ['asc', 3, [0, 1, 2]],
      ['desc', 3, [9, 8, 7]],
      ['asc', 100, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
      ['asc', Number.MAX_SAFE_INTEGER, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ] as const)('reads in %s order at most %s', async (order, limit, minutes) => {
      const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS, order, limit });
      expect(minutesOf(read)).toEqual(minutes);
    });

    it.each<
      [
        what: string,
        bounds: { startTime?: Date; endTime?: Date; limit: number; order?: 'asc' | 'desc' },
        minutes: number[],
      ]
    >([
      ['no range', { limit: 3 }, [0, 1, 2]],
      ['no range, from the end', { limit: 3, order: 'desc' }, [9, 8, 7]],
      ['a start alone', { startTime: at(7), limit: 5 }, [7, 8, 9]],
      ['an end alone', { endTime: at(3), limit: 2, order: 'desc' }, [2, 1]],
    ])('reads with a limit and %s, also as columns and as a stream', async (_what, bounds, minutes) => {
      const query = { ...SERIES, ...bounds };
      expect(minutesOf(await bench.db.marketData.getCandles(query))).toEqual(minutes);
      const { startTime } = await bench.db.marketData.getCandleColumns(query);
      expect([...startTime].map((ms) => (ms - NEW_YEAR) / MINUTE)).toEqual(minutes);
      const streamed: Candle[] = [];
      for await (const read of bench.db.marketData.streamCandles({ ...query, pageRows: 1 })) {
        streamed.push(read);
      }
      expect(minutesOf(streamed)).toEqual(minutes);
    });

    it('leaves open candles out when asked for closed ones', async () => {
      const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS, closedOnly: true });
      expect(minutesOf(read)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      await expect(bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS, closedOnly: false })).resolves.toHaveLength(
        10,
      );
    });

    it.each([
      ['from its start', at(3), at(4), [3]],
      ['from a millisecond after its start', new Date(at(3).getTime() + 1), at(5), [4]],
      ['to a millisecond after its start', at(3), new Date(at(4).getTime() + 1), [3, 4]],
      ['with nothing in it', at(11), at(15), []],
      ['of no length', at(3), at(3), []],
    ])('reads a range %s', async (_what, startTime, endTime, minutes) => {
      const read = await bench.db.marketData.getCandles({ ...SERIES, startTime, endTime });
      expect(minutesOf(read)).toEqual(minutes);
    });

    it('finds nothing of an unknown symbol, timeframe or exchange', async () => {
      const strangers = [
        { ...SERIES, symbol: 'btc-usdt' },
        { ...SERIES, symbol: 'BTC-USD_' },
        { ...SERIES, symbol: 'BTC%' },
        { ...SERIES, timeframe: '1M' },
        { ...SERIES, exchange: 'OKX' },
      ] as const;
      for (const stranger of strangers) {
        await expect(bench.db.marketData.getCandles({ ...stranger, ...ALWAYS })).resolves.toEqual([]);
      }
    });
  });

  describe('getLatestCandle', () => {
    it('reads the one that starts last, open or not', async () => {
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({
        startTime: at(9),
        closed: false,
      });
    });

    it('reads the last closed one when asked to', async () => {
      const last = await bench.db.marketData.getLatestCandle({ ...SERIES, closedOnly: true });
      expect(last).toMatchObject({ startTime: at(8), closed: true });
    });

    it('is null where there is none', async () => {
      await expect(bench.db.marketData.getLatestCandle({ ...SERIES, symbol: 'none' })).resolves.toBeNull();
      const open = { symbol: 'ONLY-OPEN', timeframe: '1m' } as const;
      await bench.db.marketData.upsertCandle(candle(0, { ...open, closed: false }));
      await expect(bench.db.marketData.getLatestCandle({ ...open, closedOnly: true })).resolves.toBeNull();
    });
  });

  describe('countCandles', () => {
    it('counts everything of every exchange without a query', async () => {
      await expect(bench.db.marketData.countCandles()).resolves.toBe(14);
    });

    it.each([
      ['a series', SERIES, 10],
      ['a symbol of the default exchange', { symbol: 'BTC-USDT' }, 11],
      ['a timeframe of the default exchange', { timeframe: '1m' }, 12],
      ['an exchange', { exchange: 'binance' }, 1],
      ['a half-open range', { ...SERIES, startTime: at(2), endTime: at(5) }, 3],
      ['all from a time on', { ...SERIES, startTime: at(7) }, 3],
      ['all before a time', { ...SERIES, endTime: at(7) }, 7],
    ] as const)('counts %s', async (_what, query, count) => {
      await expect(bench.db.marketData.countCandles(query)).resolves.toBe(count);
    });
  });

  describe('deleteCandles', () => {
    it('deletes a half-open range of one series and returns how many', async () => {
      const range = { ...SERIES, startTime: at(2), endTime: at(5) };
      await expect(bench.db.marketData.deleteCandles(range)).resolves.toBe(3);
      await expect(bench.db.marketData.deleteCandles(range)).resolves.toBe(0);

      expect(minutesOf(await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS }))).toEqual([0, 1, 5, 6, 7, 8, 9]);
      await expect(bench.db.marketData.countCandles()).resolves.toBe(11);
    });

    it('deletes more than one slice of rows, and no row beyond the range', async () => {
      const many = { symbol: 'MANY', timeframe: '1m' } as const;
      await bench.db.marketData.upsertCandles(Array.from({ length: 10_001 }, (_, minute) => candle(minute, many)));

      await expect(
        bench.db.marketData.deleteCandles({ ...many, startTime: NEW_YEAR, endTime: at(10_000) }),
      ).resolves.toBe(10_000);
      expect(minutesOf(await bench.db.marketData.getCandles({ ...many, ...ALWAYS }))).toEqual([10_000]);
      await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(10);
    });
  });
});
