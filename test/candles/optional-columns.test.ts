import { expect, it } from '@jest/globals';
import type { CandleInput } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';

const ALL = { ...SERIES, ...ALWAYS };
const FIELDS = ['quoteVolume', 'takerBuyVolume', 'takerBuyQuoteVolume', 'openInterest'] as const;
const FILLED = {
  quoteVolume: '525000.000000000000000001',
  takerBuyVolume: '6.25',
  takerBuyQuoteVolume: '262500.1',
  openInterest: '0',
};
const NONE = { quoteVolume: null, takerBuyVolume: null, takerBuyQuoteVolume: null, openInterest: null };
const COUNT = 1_200;

onEveryDatabase('the optional columns of a candle', (bench) => {
  const many = (changes: (n: number) => Partial<CandleInput>) =>
    Array.from({ length: COUNT }, (_, n) => candle(n, changes(n)));

  it('are stored exactly, and null where they are left out', async () => {
    const { marketData } = bench.db;
    await marketData.upsertCandles([candle(0, FILLED), candle(1), candle(2, { openInterest: '3' })]);
    await expect(marketData.getCandles(ALL)).resolves.toMatchObject([FILLED, NONE, { ...NONE, openInterest: '3' }]);
    const columns = await marketData.getCandleColumns(ALL);
    expect(Array.from(columns.openInterest)).toEqual([0, Number.NaN, 3]);
    expect(Array.from(columns.takerBuyVolume)).toEqual([6.25, Number.NaN, Number.NaN]);
  });

  it.each(FIELDS)('refuse a %s that is negative or no decimal', async (field) => {
    for (const value of ['-1', 'much', '1e19']) {
      await expect(failureOf(bench.db.marketData.upsertCandle(candle(0, { [field]: value })))).resolves.toMatchObject({
        issues: [{ path: field }],
      });
    }
  });

  it('are those of the candle that overwrites: what it leaves out is null afterwards', async () => {
    const { marketData } = bench.db;
    await marketData.upsertCandles([candle(0, FILLED), candle(1, FILLED)]);
    await expect(marketData.upsertCandle(candle(0))).resolves.toBe('unchanged');
    await expect(marketData.upsertCandle(candle(0, FILLED), true)).resolves.toBe('unchanged');
    await expect(marketData.getCandles(ALL)).resolves.toMatchObject([FILLED, FILLED]);
    await expect(marketData.upsertCandle(candle(0), true)).resolves.toBe('updated');
    await expect(marketData.upsertCandle(candle(0), true)).resolves.toBe('unchanged');
    await expect(marketData.getCandles(ALL)).resolves.toMatchObject([NONE, FILLED]);
    // an open candle changes nothing of a closed one
    const open = candle(1, { closed: false });
    await expect(marketData.upsertCandle(open, 'unless-closed')).resolves.toBe('unchanged');
    await expect(marketData.upsertCandle(candle(1), 'unless-closed')).resolves.toBe('updated');
    await expect(marketData.getCandles(ALL)).resolves.toMatchObject([NONE, NONE]);
  });

  it.each([true, 'unless-closed'] as const)('are cleared by a batch that has none, with %s', async (forceUpdate) => {
    const { marketData } = bench.db;
    await expect(marketData.upsertCandles(many((n) => (n % 2 === 0 ? FILLED : {})))).resolves.toMatchObject({
      inserted: COUNT,
    });
    await expect(
      marketData.upsertCandles(
        many(() => ({})),
        { forceUpdate },
      ),
    ).resolves.toMatchObject({ updated: COUNT / 2, unchanged: COUNT / 2 });
    for (const stored of await marketData.getCandles(ALL)) {
      expect(stored).toMatchObject(NONE);
    }
  });

  it('are kept by a batch that keeps what is stored', async () => {
    const { marketData } = bench.db;
    await marketData.upsertCandles(many(() => FILLED));
    await expect(marketData.upsertCandles(many(() => ({})))).resolves.toMatchObject({ unchanged: COUNT });
    for (const stored of await marketData.getCandles(ALL)) {
      expect(stored).toMatchObject(FILLED);
    }
  });

  it('may differ from candle to candle of a batch', async () => {
    const { marketData } = bench.db;
    const mixed = many((n) => ({ [FIELDS[n % 4] as string]: String(n) }));
    await expect(marketData.upsertCandles(mixed)).resolves.toMatchObject({ inserted: COUNT });
    const stored = await marketData.getCandles(ALL);
    expect(stored.map((found, n) => FIELDS.map((field) => found[field] ?? n % 4 === FIELDS.indexOf(field)))).toEqual(
      mixed.map((_, n) => FIELDS.map((_field, index) => (n % 4 === index ? String(n) : false))),
    );
    await expect(marketData.upsertCandles(stored, { forceUpdate: true })).resolves.toMatchObject({ unchanged: COUNT });
  });
});
