import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type CheckedCandle, candleCheck, candleSchema, quickCandle } from '../../src/schemas/candle.schema.ts';
import { check } from '../../src/schemas/parse.ts';
import { generatedCount } from '../support/arbitraries.ts';
import { bentInput, oddInput, plainInput } from '../support/candle-inputs.ts';
import { Chooser } from '../support/chooser.ts';
import { throwing } from '../support/refused.ts';
import { candle, NEW_YEAR } from '../support/samples.ts';

const schema = candleSchema(() => 'okx');
const whole = candleCheck(() => 'okx');

const RUNS = { plain: generatedCount(50_000), odd: generatedCount(35_000), bent: generatedCount(15_000) } as const;

/** The schema's result for inputs, after both checks have agreed. */
interface Tally {
  valid: number;
  /** Those of the valid that the quick check took. */
  quick: number;
  open: number;
}

function compare(inputs: Iterable<unknown>): Tally {
  const tally = { valid: 0, quick: 0, open: 0 };
  for (const input of inputs) {
    const bySchema = check(schema, input);
    const quick = quickly(input);
    for (const said of quick === undefined ? [whole(input)] : [{ ok: true, value: quick }, whole(input)]) {
      // Jest's own comparison takes too long for so many
      if (!isDeepStrictEqual(said, bySchema)) {
        expect(said).toStrictEqual(bySchema);
      }
    }
    tally.valid += Number(bySchema.ok);
    tally.quick += Number(quick !== undefined);
    tally.open += Number(bySchema.ok && !bySchema.value.closed);
  }
  return tally;
}

function quickly(input: unknown): CheckedCandle | undefined {
  try {
    return quickCandle(input, () => 'okx');
  } catch {
    return undefined;
  }
}

function* generated(make: (chooser: Chooser, near: number) => unknown, runs: number): Generator<unknown> {
  const chooser = new Chooser(20_240_101);
  for (let run = 0; run < runs; run += 1) {
    yield make(chooser, NEW_YEAR);
  }
}

describe('the quick check of candles', () => {
  beforeEach(() => {
    // a candle is closed by the clock where it does not say so
    jest.spyOn(Date, 'now').mockReturnValue(NEW_YEAR);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('takes every plain candle, for what the schema takes it for', () => {
    const { valid, quick, open } = compare(generated(plainInput, RUNS.plain));
    expect({ valid, quick }).toEqual({ valid: RUNS.plain, quick: RUNS.plain });
    expect(open).toBeGreaterThan(RUNS.plain / 10);
    expect(open).toBeLessThan(RUNS.plain * 0.9);
  });

  it('takes odd notations for what the schema takes them for', () => {
    const { valid, quick } = compare(generated(oddInput, RUNS.odd));
    expect(valid).toBeGreaterThan(RUNS.odd / 2);
    expect(valid).toBeLessThan(RUNS.odd * 0.95);
    expect(quick).toBe(valid);
  });

  it('leaves all the rest to the schema, with every fault of it', () => {
    const { valid } = compare(generated(bentInput, RUNS.bent));
    expect(valid).toBeGreaterThan(RUNS.bent / 10);
    expect(valid).toBeLessThan(RUNS.bent / 2);
  });

  it.each<[what: string, input: unknown]>([
    ['high below low', candle(0, { high: '1', low: '2', open: '1', close: '2' })],
    ['open above high by the last digit', candle(0, { open: '42010.000000000000000001' })],
    ['close below low by the last digit', candle(0, { close: '41990.499999999999999999' })],
    ['low above high alone', candle(0, { low: '9', high: '8', open: '8', close: '8' })],
    ['a misaligned start', candle(0, { startTime: NEW_YEAR + 1 })],
    ['a wrong end', candle(0, { endTime: NEW_YEAR + 59_999 })],
    ['an end that is null', { ...candle(0), endTime: null }],
    ['an end beyond the year 9999', candle(0, { startTime: '9999-12-31T23:59:00Z' })],
    ['half a trade', candle(0, { tradeCount: 0.5 })],
    ['a trade count of -0', candle(0, { tradeCount: -0 })],
    ['an exchange that is null', { ...candle(0), exchange: null }],
    ['a price of -0', candle(0, { low: '-0' })],
    ['a number of a wide mantissa', candle(0, { volume: 0.1 + 0.2 })],
    ['a volume of 1e21', candle(0, { volume: 1e21 })],
    ['a volume of 1e-7', candle(0, { volume: '1e-7' })],
    ['a month of Shanghai', candle(0, { timeframe: '1M', startTime: '2024-01-31T16:00:00Z' })],
    ['a month from its second day', candle(0, { timeframe: '1M', startTime: '2024-01-02T00:00:00Z' })],
    ['a proxy that was revoked', revoked()],
  ])('says of %s what the schema says', (_what, input) => {
    compare([input]);
  });

  it('does not read what is ignored', () => {
    expect(whole(throwing(candle(0), 'updatedAt'))).toEqual(whole(candle(0)));
  });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
