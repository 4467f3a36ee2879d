import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Candle, CandleColumns, CandleInput } from '../../src/index.ts';
import { canonical, units } from '../support/arbitraries.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, NEW_YEAR, SERIES } from '../support/samples.ts';

const ALL = { ...SERIES, ...ALWAYS };
const DECIMALS = ['open', 'high', 'low', 'close', 'volume'] as const;
const OPTIONAL = ['quoteVolume', 'takerBuyVolume', 'takerBuyQuoteVolume', 'openInterest'] as const;
const COLUMNS = ['startTime', ...DECIMALS, ...OPTIONAL] as const;

/** What columns must be: of each candle the doubles nearest to its decimals. */
function columnsOf(candles: readonly Candle[]): CandleColumns {
  const column = (name: Exclude<(typeof COLUMNS)[number], 'startTime'>) =>
    Float64Array.from(candles, (given) => Number(given[name] ?? Number.NaN));
  return {
    length: candles.length,
    startTime: Float64Array.from(candles, ({ startTime }) => startTime.getTime()),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
    quoteVolume: column('quoteVolume'),
    takerBuyVolume: column('takerBuyVolume'),
    takerBuyQuoteVolume: column('takerBuyQuoteVolume'),
    openInterest: column('openInterest'),
  };
}

/** Candles that hold these decimals, five each. */
function candlesOf(counts: readonly bigint[]): CandleInput[] {
  return Array.from({ length: Math.ceil(counts.length / 5) }, (_, minute) => {
    const [volume = 0n, ...prices] = counts.slice(minute * 5, minute * 5 + 5);
    const [low = 0n, open = low, close = open, high = close] = prices.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
    return candle(minute, {
      low: canonical(low),
      open: canonical(open),
      close: canonical(close),
      high: canonical(high),
      volume: canonical(volume),
    });
  });
}

const bits = (column: Float64Array): BigUint64Array => new BigUint64Array(column.buffer.slice(0));

onEveryDatabase('getCandleColumns', (bench) => {
  it('gives a column of doubles for each number of a candle, in the order of the candles', async () => {
    await bench.db.marketData.upsertCandles([candle(1, { close: '42000.5' }), candle(0), candle(0, { symbol: 'X' })]);
    await expect(bench.db.marketData.getCandleColumns(ALL)).resolves.toEqual({
      length: 2,
      startTime: Float64Array.of(NEW_YEAR, NEW_YEAR + 60_000),
      open: Float64Array.of(42_000.1, 42_000.1),
      high: Float64Array.of(42_010, 42_010),
      low: Float64Array.of(41_990.5, 41_990.5),
      close: Float64Array.of(42_005, 42_000.5),
      volume: Float64Array.of(12.5, 12.5),
      quoteVolume: Float64Array.of(Number.NaN, Number.NaN),
      takerBuyVolume: Float64Array.of(Number.NaN, Number.NaN),
      takerBuyQuoteVolume: Float64Array.of(Number.NaN, Number.NaN),
      openInterest: Float64Array.of(Number.NaN, Number.NaN),
    });
  });

  it('answers every query as getCandles does', async () => {
    await bench.db.marketData.upsertCandles(
      Array.from({ length: 9 }, (_, minute) => candle(minute, { volume: `${minute}.25`, closed: minute % 2 === 0 })),
    );
    const queries = [
      ALL,
      { ...ALL, order: 'desc' },
      { ...ALL, order: 'desc', limit: 4 },
      { ...ALL, limit: 3 },
      { ...ALL, closedOnly: true },
      { ...ALL, startTime: NEW_YEAR + 60_000, endTime: NEW_YEAR + 180_000 },
      { ...ALL, exchange: '🚀' },
    ] as const;
    for (const query of queries) {
      const [columns, candles] = await Promise.all([
        bench.db.marketData.getCandleColumns(query),
        bench.db.marketData.getCandles(query),
      ]);
      expect(columns).toEqual(columnsOf(candles));
    }
  });

  it('gives empty columns where there is nothing', async () => {
    const columns = await bench.db.marketData.getCandleColumns(ALL);
    expect(columns).toEqual(columnsOf([]));
    expect(COLUMNS.map((name) => columns[name].buffer.byteLength)).toEqual(Array(COLUMNS.length).fill(0));
  });

  it.each([4_096, 4_097, 8_193])('gives columns of exactly %i numbers where there are as many', async (count) => {
    await bench.db.marketData.upsertCandles(
      Array.from({ length: count }, (_, minute) => candle(minute, { volume: `${minute}` })),
    );
    const columns = await bench.db.marketData.getCandleColumns(ALL);
    expect(columns.length).toBe(count);
    expect(COLUMNS.map((name) => columns[name].buffer.byteLength)).toEqual(Array(COLUMNS.length).fill(count * 8));
    expect(columns.volume.every((volume, minute) => volume === minute)).toBe(true);
    expect(columns.startTime.every((time, minute) => time === NEW_YEAR + minute * 60_000)).toBe(true);
    expect(columns.close.every((close) => close === 42_005)).toBe(true);
  });

  it('gives the double nearest to each decimal, to the last bit', async () => {
    const border = 2n ** 53n;
    const near = Array.from({ length: 141 }, (_, index) => border - 70n + BigInt(index));
    const counts = [
      0n,
      10n ** 36n - 1n,
      ...Array.from({ length: 36 }, (_, digits) => 10n ** BigInt(digits)),
      ...Array.from({ length: 36 }, (_, digits) => 10n ** BigInt(digits + 1) - 1n),
      // whole numbers around the last that a double holds exactly, and the same digits behind the point
      ...near.map((count) => count * 10n ** 18n),
      ...near.map((count) => count * 10n ** 9n + 123_456_789n),
      ...near.map((count) => count * 10n),
      ...near,
      ...fc.sample(units, { seed: 20_240_101, numRuns: 1_500 }),
    ];
    await expect(bench.db.marketData.upsertCandles(candlesOf(counts))).resolves.toMatchObject({ rejected: [] });
    const expected = columnsOf(await bench.db.marketData.getCandles(ALL));
    const columns = await bench.db.marketData.getCandleColumns(ALL);
    for (const name of COLUMNS) {
      expect(bits(columns[name])).toEqual(bits(expected[name]));
    }
  });

  it('gives what a transaction sees inside of it', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle(0));
      await expect(tx.marketData.getCandleColumns(ALL)).resolves.toMatchObject({ length: 1 });
    });
  });
});
