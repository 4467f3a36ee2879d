import { expect, it } from '@jest/globals';
import { type CandleInput, PRICE_TYPES } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';

const ALL = { ...SERIES, ...ALWAYS };
const COUNT = 700;

onEveryDatabase('the price type of a candle', (bench) => {
  it('is a part of its key, and trade where it is left out', async () => {
    const { marketData } = bench.db;
    const typed = PRICE_TYPES.map((priceType, n) => candle(0, { priceType, volume: String(n) }));
    await expect(marketData.upsertCandles([...typed, candle(0, { volume: '9' })])).resolves.toMatchObject({
      inserted: 5,
      unchanged: 1,
    });
    await expect(marketData.upsertCandle(candle(0, { priceType: 'trade' }))).resolves.toBe('unchanged');
    for (const [n, priceType] of PRICE_TYPES.entries()) {
      const volume = priceType === 'trade' ? '9' : String(n);
      await expect(marketData.getCandles({ ...ALL, priceType })).resolves.toMatchObject([{ priceType, volume }]);
      await expect(marketData.getLatestCandle({ ...SERIES, priceType })).resolves.toMatchObject({ priceType, volume });
      const columns = await marketData.getCandleColumns({ ...ALL, priceType });
      expect(Array.from(columns.volume)).toEqual([Number(volume)]);
    }
    await expect(marketData.getCandles(ALL)).resolves.toMatchObject([{ priceType: 'trade' }]);
    await expect(marketData.countCandles(SERIES)).resolves.toBe(1);
    await expect(marketData.countCandles({ ...SERIES, priceType: 'mark' })).resolves.toBe(1);
    await expect(marketData.countCandles()).resolves.toBe(5);
    await expect(marketData.deleteCandles(ALL)).resolves.toBe(1);
    await expect(marketData.deleteCandles({ ...ALL, priceType: 'index' })).resolves.toBe(1);
    await expect(marketData.countCandles()).resolves.toBe(3);
  });

  it('keeps many candles apart, in batches, pages and writers', async () => {
    const { marketData } = bench.db;
    const of = (priceType: string) =>
      Array.from({ length: COUNT }, (_, n) => candle(n, { priceType, close: 42_000 + (n % 7) }));
    const [marks, trades] = [of('mark'), of('trade')];
    const mixed = marks.flatMap((mark, n): CandleInput[] => [mark, trades[n] as CandleInput]).reverse();
    await expect(marketData.upsertCandles(mixed)).resolves.toMatchObject({ inserted: 2 * COUNT });
    await expect(marketData.upsertCandles(mixed, { forceUpdate: true })).resolves.toMatchObject({
      unchanged: 2 * COUNT,
    });
    for (const mode of ['pages', 'snapshot'] as const) {
      const seen: number[] = [];
      for await (const { priceType, startTime } of marketData.streamCandles({
        ...ALL,
        priceType: 'mark',
        pageRows: 100,
        mode,
      })) {
        expect(priceType).toBe('mark');
        seen.push(startTime.getTime());
      }
      expect(seen).toEqual(marks.map(({ startTime }) => startTime));
    }
    await using writer = marketData.candleWriter({ forceUpdate: true });
    writer.write(candle(0, { priceType: 'mark', volume: '77' }));
    await writer.flush();
    await expect(marketData.getCandles({ ...SERIES, limit: 1 })).resolves.toMatchObject([{ volume: '12.5' }]);
    await expect(marketData.getCandles({ ...SERIES, priceType: 'mark', limit: 1 })).resolves.toMatchObject([
      { volume: '77' },
    ]);
  });

  it('decides whether prices may be negative', async () => {
    const { marketData } = bench.db;
    const negative = { open: '-0.5', high: '0.25', low: '-0.75', close: '-0.5' };
    for (const priceType of ['premium', 'funding']) {
      await expect(marketData.upsertCandle(candle(0, { ...negative, priceType }))).resolves.toBe('inserted');
      await expect(marketData.getCandles({ ...ALL, priceType })).resolves.toMatchObject([negative]);
      const { low } = await marketData.getCandleColumns({ ...ALL, priceType });
      expect(Array.from(low)).toEqual([-0.75]);
      const wrong = await failureOf(marketData.upsertCandle(candle(0, { ...negative, low: '-0.25', priceType })));
      expect(wrong.message).toContain('not below low');
    }
    const many = Array.from({ length: COUNT }, (_, n) => candle(n, { ...negative, priceType: 'premium' }));
    await expect(marketData.upsertCandles(many, { forceUpdate: true })).resolves.toMatchObject({
      inserted: COUNT - 1,
      unchanged: 1,
    });
    for (const priceType of ['trade', 'mark', 'index']) {
      const error = await failureOf(marketData.upsertCandle(candle(0, { ...negative, priceType })));
      expect(error).toMatchObject({
        kind: 'invalid-input',
        issues: [{ path: 'open' }, { path: 'low' }, { path: 'close' }],
      });
    }
  });

  it('is trade in a row that was spooled before there were price types', async () => {
    const { marketData } = bench.db;
    const rows = JSON.parse(JSON.stringify([candle(0), candle(1, { priceType: 'mark' })])) as unknown[];
    await expect(marketData.storeSpooled(rows, AbortSignal.timeout(60_000), false)).resolves.toMatchObject({
      inserted: 2,
    });
    await expect(marketData.getCandles(ALL)).resolves.toMatchObject([{ priceType: 'trade' }]);
    await expect(marketData.countCandles({ ...SERIES, priceType: 'mark' })).resolves.toBe(1);
  });

  it('is one of the known ones', async () => {
    const { marketData } = bench.db;
    const error = await failureOf(marketData.upsertCandle(candle(0, { priceType: 'last' })));
    expect(error.message).toContain('one of the price types trade, mark, index, premium, funding');
    await expect(failureOf(marketData.getCandles({ ...ALL, priceType: 'Mark' }))).resolves.toMatchObject({
      issues: [{ path: 'priceType' }],
    });
  });
});
