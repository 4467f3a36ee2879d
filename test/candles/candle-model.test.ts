import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ForceUpdate } from '../../src/index.ts';
import { generatedRuns } from '../support/arbitraries.ts';
import { CandleModel, inputOf, type ModelCandle } from '../support/candle-model.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, MINUTE, NEW_YEAR, SERIES } from '../support/samples.ts';

const modelCandle: fc.Arbitrary<ModelCandle> = fc.record({
  minute: fc.nat({ max: 5 }),
  close: fc.nat({ max: 2 }),
  closed: fc.boolean(),
});
const step = fc.record({
  batch: fc.array(modelCandle, { minLength: 1, maxLength: 8 }),
  forceUpdate: fc.constantFrom<ForceUpdate>(false, true, 'unless-closed'),
  how: fc.constantFrom('batch', 'atomic batch', 'one by one'),
});

onEveryDatabase('any sequence of upserts', (bench) => {
  it('counts and leaves behind what the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        await bench.database.sql('delete from market_data');
        const model = new CandleModel();
        for (const { batch, forceUpdate, how } of steps) {
          const inputs = batch.map((row) => candle(row.minute, inputOf(row)));
          if (how === 'one by one') {
            for (const [index, input] of inputs.entries()) {
              const counts = model.upsert(batch.slice(index, index + 1), forceUpdate);
              const outcome = await bench.db.marketData.upsertCandle(input, forceUpdate);
              expect(counts[outcome]).toBe(1);
            }
          } else {
            const atomic = how === 'atomic batch';
            const result = await bench.db.marketData.upsertCandles(inputs, { forceUpdate, atomic });
            expect(result).toEqual({ ...model.upsert(batch, forceUpdate), rejected: [] });
          }
        }
        const read = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS });
        expect(
          read.map(({ startTime, close, closed }) => ({
            minute: (startTime.getTime() - NEW_YEAR) / MINUTE,
            close: Number(close),
            closed,
          })),
        ).toEqual(model.stored());
      }),
      generatedRuns(150),
    );
  });
});
