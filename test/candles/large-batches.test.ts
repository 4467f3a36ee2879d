import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { isInvalidInputError } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, NEW_YEAR, point, SERIES } from '../support/samples.ts';

const ROWS = 20_000;

/** Counts how often a timer comes to its turn while something is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return turns;
}

onEveryDatabase('a batch of many rows', (bench) => {
  const candles = Array.from({ length: ROWS }, (_, minute) => candle(ROWS - minute));
  const points = Array.from({ length: ROWS }, (_, ms) => point(ROWS - ms));

  it.each<[what: string, work: () => Promise<unknown>]>([
    ['of candles', () => bench.db.marketData.upsertCandles(candles)],
    ['of candles, all or none', () => bench.db.marketData.upsertCandles(candles, { atomic: true })],
    ['of raw trades', () => bench.db.rawTrades.insertMany(points)],
  ])('%s lets timers run', async (_what, work) => {
    // of a batch that is done in one go, a timer sees the beginning and the end
    await expect(turnsDuring(work)).resolves.toBeGreaterThan(5);
  });

  it('lets timers run while it is refused', async () => {
    const faulty = candles.map((each) => ({ ...each, low: 'x' }));
    await expect(turnsDuring(() => bench.db.marketData.upsertCandles(faulty))).resolves.toBeGreaterThan(2);
  });

  it('lets timers run while rows are removed', async () => {
    await bench.db.marketData.upsertCandles(candles);
    await bench.db.rawTrades.insertMany(points);
    const range = { startTime: NEW_YEAR, endTime: NEW_YEAR + 1_000 * 86_400_000 };
    const remove = () => bench.db.marketData.deleteCandles({ ...SERIES, ...range });
    await expect(turnsDuring(remove)).resolves.toBeGreaterThan(1);
    const cleanUp = () => bench.db.rawTrades.cleanupOldRawData({ olderThan: range.endTime });
    await expect(turnsDuring(cleanUp)).resolves.toBeGreaterThan(1);
  });

  it('is the list as it was given, even if the caller changes it meanwhile', async () => {
    const given = [...candles];
    const storing = bench.db.marketData.upsertCandles(given);
    given.length = 0;
    await sleep(0);
    given.push(candle(0));
    await expect(storing).resolves.toEqual({ inserted: ROWS, updated: 0, unchanged: 0, rejected: [] });
  });

  it.each([false, true])(
    'is its objects as they were given, even if the caller changes them meanwhile (atomic: %s)',
    async (atomic) => {
      const given = candles.map((each) => ({ ...each }));
      const storing = bench.db.marketData.upsertCandles(given, { atomic });
      for (const each of given) {
        Object.assign(each, { symbol: 'CHANGED', volume: 'x' });
      }
      await expect(storing).resolves.toMatchObject({ inserted: ROWS, rejected: [] });
      await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(ROWS);
      expect(given[ROWS - 1]).toMatchObject({ symbol: 'CHANGED', volume: 'x' });
    },
  );

  it('is stored whole in a transaction that does not wait for it', async () => {
    await bench.db.transaction(async (tx) => {
      void tx.marketData.upsertCandles(candles);
    });
    await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(ROWS);
  });

  it('reports the index of each faulty row', async () => {
    const given = candles.map((each, at) => (at % 5_000 === 4_999 ? { ...each, close: 'x' } : each));
    const { inserted, rejected } = await bench.db.marketData.upsertCandles(given);
    expect(inserted).toBe(ROWS - 4);
    expect(rejected.map(({ index }) => index)).toEqual([4_999, 9_999, 14_999, 19_999]);
    const refused = await bench.db.marketData.upsertCandles(given, { atomic: true }).catch((error: unknown) => error);
    expect(isInvalidInputError(refused)).toBe(true);
  });
});
