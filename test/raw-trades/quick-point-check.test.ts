import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type CheckedPoint,
  marketDataPointSchema,
  pointCheck,
  quickPoint,
} from '../../src/schemas/market-data-point.schema.ts';
import { check } from '../../src/schemas/parse.ts';
import { generatedCount } from '../support/arbitraries.ts';
import { Chooser } from '../support/chooser.ts';
import { bentInput, plainInput } from '../support/point-inputs.ts';
import { NEW_YEAR, point } from '../support/samples.ts';

const MEDIUMTEXT_BYTES = 16_777_215;
const RUNS = generatedCount(10_000);

const schema = marketDataPointSchema(() => 'okx', { timestampRequired: false });
const whole = pointCheck(() => 'okx');

/** The schema's result for inputs, after both checks have agreed. */
function compare(inputs: Iterable<unknown>): { valid: number; quick: number } {
  const tally = { valid: 0, quick: 0 };
  for (const input of inputs) {
    const bySchema = check(schema, input);
    const quick = quickly(input);
    for (const said of quick === undefined ? [whole(input)] : [{ ok: true, value: quick }, whole(input)]) {
      if (!isDeepStrictEqual(said, bySchema)) {
        expect(said).toStrictEqual(bySchema);
      }
    }
    tally.valid += Number(bySchema.ok);
    tally.quick += Number(quick !== undefined);
  }
  return tally;
}

function quickly(input: unknown): CheckedPoint | undefined {
  try {
    return quickPoint(input, () => 'okx');
  } catch {
    return undefined;
  }
}

function* generated(make: (chooser: Chooser, near: number) => unknown): Generator<unknown> {
  const chooser = new Chooser(20_240_101);
  for (let run = 0; run < RUNS; run += 1) {
    yield make(chooser, NEW_YEAR);
  }
}

describe('the quick check of points', () => {
  beforeEach(() => {
    // a point has arrived now where it does not say when
    jest.useFakeTimers({ now: NEW_YEAR, doNotFake: ['performance', 'nextTick', 'setImmediate', 'setTimeout'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('takes every plain point that is text, for what the schema takes it for', () => {
    expect(compare(generated(plainInput))).toEqual({ valid: RUNS, quick: RUNS });
  });

  it('leaves all the rest to the schema, with every fault of it', () => {
    const { valid, quick } = compare(generated(bentInput));
    expect(valid).toBeGreaterThan(RUNS / 10);
    expect(valid).toBeLessThan(RUNS / 2);
    expect(quick).toBeGreaterThan(RUNS / 20);
  });

  it.each<[what: string, input: unknown]>([
    ['no message', { symbol: 's', dataType: 'd' }],
    ['a message under both names', point(0, { rawData: '1' } as object)],
    ['a message under one name, and null under the other', point(0, { rawData: null } as object)],
    ['a message of the greatest length', point(0, { payload: `"${'x'.repeat(MEDIUMTEXT_BYTES - 2)}"` })],
    ['a message that is a byte too long', point(0, { payload: `"${'x'.repeat(MEDIUMTEXT_BYTES - 1)}"` })],
    ['a message that is too long in bytes alone', point(0, { payload: `"${'é'.repeat(MEDIUMTEXT_BYTES / 2)}"` })],
    ['an arrival that is none', { ...point(0), receivedAt: 'now' }],
    ['a time that is null', { ...point(0), timestamp: null }],
    ['an id that is null', { ...point(0), sourceId: null }],
  ])('says of %s what the schema says', (_what, input) => {
    compare([input]);
  });
});
