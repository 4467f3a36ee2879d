import { describe, expect, it } from '@jest/globals';
import type { Candle, CandleInput } from '../../src/index.ts';
import { CandleModel, inputOf, type ModelCandle } from '../support/candle-model.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, MINUTE, NEW_YEAR, SERIES } from '../support/samples.ts';
import { shuffled } from '../support/shuffled.ts';

const SIZE = 10_000;
/** Places in the batch, in each of its parts and at the ends of slices. */
const INVALID = [0, 7, 999, 1_000, 2_500, 4_999, 5_000, 7_777, 9_998, 9_999];

/** Of the minutes below 2500 the stored candle differs, below 5000 it is equal; the others are new. */
const stored: readonly ModelCandle[] = Array.from({ length: 5_000 }, (_, minute) => ({
  minute,
  close: minute < 2_500 ? 1_000 + minute : minute,
  closed: minute % 2 === 0,
}));
const incoming: readonly ModelCandle[] = shuffled(
  Array.from({ length: SIZE }, (_, minute) => ({
    minute,
    close: minute,
    // of those that differ: closed to closed, open to closed, closed to open, open to open
    closed: minute < 2_500 ? minute % 4 < 2 : minute % 2 === 0,
  })),
  20_240_101,
);

const asInput = (model: ModelCandle): CandleInput => candle(model.minute, inputOf(model));
const asModel = ({ startTime, close, closed }: Candle): ModelCandle => ({
  minute: (startTime.getTime() - NEW_YEAR) / MINUTE,
  close: Number(close),
  closed,
});

onEveryDatabase('counts of a batch', (bench) => {
  describe('of 10,000 candles, 2,500 stored and different, 2,500 stored and equal, 10 faulty', () => {
    it.each([false, true, 'unless-closed'] as const)('are exact with forceUpdate %s', async (forceUpdate) => {
      const model = new CandleModel();
      model.upsert(stored, false);
      const first = await bench.db.marketData.upsertCandles(stored.map(asInput));
      expect(first).toMatchObject({ inserted: 5_000, updated: 0, unchanged: 0 });

      const batch = incoming.map((row, index) =>
        INVALID.includes(index) ? { ...asInput(row), volume: '-1' } : asInput(row),
      );
      const expected = model.upsert(
        incoming.filter((_, index) => !INVALID.includes(index)),
        forceUpdate,
      );
      const result = await bench.db.marketData.upsertCandles(batch, { forceUpdate });

      expect({ ...result, rejected: result.rejected.map(({ index }) => index) }).toEqual({
        ...expected,
        rejected: INVALID,
      });
      expect(result.inserted + result.updated + result.unchanged + result.rejected.length).toBe(SIZE);
      const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS });
      expect(read.map(asModel)).toEqual(model.stored());
    });
  });

  it('differ between the three rules', () => {
    const updated = ([false, true, 'unless-closed'] as const).map((forceUpdate) => {
      const model = new CandleModel();
      model.upsert(stored, false);
      return model.upsert(incoming, forceUpdate).updated;
    });
    expect(updated).toEqual([0, 2_500, 1_875]);
  });
});
