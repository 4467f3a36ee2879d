import { describe, expect, it } from '@jest/globals';
import type { Candle, CandleInput, DecimalInput, Timeframe } from '../../src/index.ts';
import { deepFrozen } from '../support/deep-frozen.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, MINUTE, NEW_YEAR, SERIES } from '../support/samples.ts';

onEveryDatabase('values of candles', (bench) => {
  const stored = async (input: CandleInput): Promise<Candle | null> => {
    await bench.db.marketData.upsertCandle(input);
    return bench.db.marketData.getLatestCandle({
      exchange: input.exchange,
      symbol: input.symbol,
      timeframe: input.timeframe,
    });
  };
  const flat = (price: DecimalInput): CandleInput =>
    candle(0, { open: price, high: price, low: price, close: price, volume: price });

  describe('decimals', () => {
    it.each<[what: string, given: DecimalInput, read: string]>([
      [
        'eighteen digits on either side',
        '123456789012345678.123456789012345678',
        '123456789012345678.123456789012345678',
      ],
      ['the greatest', `${'9'.repeat(18)}.${'9'.repeat(18)}`, `${'9'.repeat(18)}.${'9'.repeat(18)}`],
      ['the least', '0.000000000000000001', '0.000000000000000001'],
      ['eighteen decimals', '0.123456789012345678', '0.123456789012345678'],
      ['more digits than a number has', '9007199254740993.1', '9007199254740993.1'],
      ['nought', '0', '0'],
      ['minus nought', '-0', '0'],
      ['superfluous noughts', '000.500', '0.5'],
      ['an exponent', '1.5e-7', '0.00000015'],
      ['a number', 0.1, '0.1'],
      ['a small number', 1e-18, '0.000000000000000001'],
    ])('keeps %s', async (_what, given, read) => {
      await expect(stored(flat(given))).resolves.toMatchObject({
        open: read,
        high: read,
        low: read,
        close: read,
        volume: read,
      });
      // what is equal in value is equal
      await expect(bench.db.marketData.upsertCandle(flat(read), true)).resolves.toBe('unchanged');
    });

    it('takes 10 for more than 9', async () => {
      await expect(stored(candle(0, { low: '9', open: '9.5', close: '10', high: '10' }))).resolves.toMatchObject({
        low: '9',
        high: '10',
      });
    });
  });

  describe('names', () => {
    it('holds btc-usdt and BTC-USDT apart, and every other pair that a lax collation takes for one', async () => {
      const symbols = ['BTC-USDT', 'btc-usdt', 'BTC-USDt', 'é', 'e\u0301', 'e', 'ß', 'ss', 'ａ', 'a', 'あ', 'ア'];
      const result = await bench.db.marketData.upsertCandles(
        symbols.map((symbol, index) => candle(0, { symbol, tradeCount: index })),
      );
      expect(result).toMatchObject({ inserted: symbols.length, unchanged: 0 });
      for (const [index, symbol] of symbols.entries()) {
        await expect(bench.db.marketData.getLatestCandle({ symbol, timeframe: '1m' })).resolves.toMatchObject({
          symbol,
          tradeCount: index,
        });
      }
    });

    it.each([
      ['exchange', 'x'.repeat(32)],
      ['exchange', '所'.repeat(32)],
      ['symbol', 'y'.repeat(64)],
      ['symbol', '🚀'.repeat(64)],
    ])('takes as long an %s as the column does: %s', async (field, longest) => {
      await expect(stored(candle(0, { [field]: longest }))).resolves.toMatchObject({ [field]: longest });
    });

    it('takes the default exchange where none is named, in reads as in writes', async () => {
      const binance = bench.instance({ defaultExchange: 'binance' });
      await binance.marketData.upsertCandle(candle());
      await bench.db.marketData.upsertCandle(candle(1));

      await expect(binance.marketData.getCandles({ ...SERIES, ...ALWAYS })).resolves.toMatchObject([
        { exchange: 'binance', startTime: new Date(NEW_YEAR) },
      ]);
      await expect(binance.marketData.countCandles(SERIES)).resolves.toBe(1);
      await expect(binance.marketData.deleteCandles({ ...SERIES, ...ALWAYS })).resolves.toBe(1);
      await expect(bench.db.marketData.getLatestCandle({ ...SERIES, exchange: 'okx' })).resolves.toMatchObject({
        exchange: 'okx',
      });
    });
  });

  describe('times', () => {
    it.each<[what: string, startTime: CandleInput['startTime']]>([
      ['a Date', new Date(NEW_YEAR)],
      ['epoch milliseconds', NEW_YEAR],
      ['text in UTC', '2024-01-01T00:00:00Z'],
      ['text with an offset', '2024-01-01T08:00:00.000+08:00'],
    ])('takes %s for a start, and gives a Date', async (_what, startTime) => {
      const read = await stored(candle(0, { startTime }));
      expect(read?.startTime).toEqual(new Date(NEW_YEAR));
      expect(read?.endTime).toEqual(new Date(NEW_YEAR + MINUTE));
    });

    it.each<[timeframe: Timeframe, startTime: string, endTime: string, what: string]>([
      ['1M', '2024-01-31T16:00:00Z', '2024-02-29T16:00:00.000Z', 'a month of UTC+8'],
      ['1M', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00.000Z', 'a month of UTC'],
      ['1M', '2024-02-01T05:00:00Z', '2024-03-01T05:00:00.000Z', 'a month of UTC-5'],
      ['1w', '2024-01-01T00:00:00Z', '2024-01-08T00:00:00.000Z', 'a week'],
      ['1d', '2024-01-01T16:00:00Z', '2024-01-02T16:00:00.000Z', 'a day of UTC+8'],
      ['1s', '2024-01-01T00:00:01Z', '2024-01-01T00:00:02.000Z', 'a second'],
      ['1d', '1000-01-01T00:00:00Z', '1000-01-02T00:00:00.000Z', 'the first day'],
      ['1m', '9999-12-31T23:58:00Z', '9999-12-31T23:59:00.000Z', 'the last minute but one'],
    ])('ends a candle of %s from %s at %s: %s', async (timeframe, startTime, endTime) => {
      const read = await stored(candle(0, { timeframe, startTime, endTime }));
      expect(read?.startTime).toEqual(new Date(startTime));
      expect(read?.endTime).toEqual(new Date(endTime));
    });

    it('calls a candle closed by the clock where the input does not say', async () => {
      const minute = Math.floor(Date.now() / MINUTE) * MINUTE;
      await bench.db.marketData.upsertCandles([
        candle(0, { startTime: minute - 2 * MINUTE, closed: undefined }),
        candle(0, { startTime: minute + 2 * MINUTE, closed: undefined }),
      ]);
      const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS });
      expect(read.map(({ closed }) => closed)).toEqual([true, false]);
    });

    it('stamps a row with the time of its last change, by this clock', async () => {
      const before = Date.now();
      const updatedAt = (await stored(candle()))?.updatedAt.getTime();
      expect(updatedAt).toBeGreaterThanOrEqual(before);
      expect(updatedAt).toBeLessThanOrEqual(Date.now());
    });
  });

  it.each([true, 'unless-closed'] as const)(
    'get a new time when one of them changes, and only then (forceUpdate %s)',
    async (forceUpdate) => {
      const stamp = async (input: CandleInput): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, 3));
        await bench.db.marketData.upsertCandles([input, candle(1)], { forceUpdate });
        const [first] = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS, limit: 1 });
        return first?.updatedAt.getTime() ?? 0;
      };
      const inserted = await stamp(candle(0, { closed: false }));
      expect(await stamp(candle(0, { closed: false }))).toBe(inserted);
      const changed = await stamp(candle(0, { closed: false, volume: '13' }));
      expect(changed).toBeGreaterThan(inserted);
      const closed = await stamp(candle(0, { closed: true, volume: '13' }));
      expect(closed).toBeGreaterThan(changed);
      expect(await stamp(candle(0, { closed: true, volume: '13' }))).toBe(closed);
      const reopened = await stamp(candle(0, { closed: false, volume: '14' }));
      expect(reopened > closed).toBe(forceUpdate === true);
    },
  );

  describe("the caller's objects", () => {
    it('takes frozen ones and leaves them as they are', async () => {
      const batch = deepFrozen([
        candle(0),
        candle(1, { startTime: new Date(NEW_YEAR + MINUTE) }),
        { ...candle(2), low: -1 },
      ]);
      const copy = structuredClone(batch);
      await bench.db.marketData.upsertCandles(batch, deepFrozen({ forceUpdate: true }));
      expect(batch).toEqual(copy);

      const query = deepFrozen({ ...SERIES, ...ALWAYS, limit: 1 });
      await expect(bench.db.marketData.getCandles(query)).resolves.toHaveLength(1);
    });

    it('is done with them when the call returns: changing them meanwhile changes nothing', async () => {
      const startTime = new Date(NEW_YEAR);
      const input = { ...candle(0), startTime };
      const batch: CandleInput[] = [input];
      const writing = bench.db.marketData.upsertCandles(batch);
      startTime.setTime(0);
      input.close = '42001';
      batch.push(candle(5));
      await writing;

      await expect(bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS })).resolves.toMatchObject([
        { startTime: new Date(NEW_YEAR), close: '42005' },
      ]);
    });

    it('takes back what was read, as it is', async () => {
      const read = await stored(candle());
      await expect(bench.db.marketData.upsertCandle(read as Candle, true)).resolves.toBe('unchanged');
    });
  });
});
