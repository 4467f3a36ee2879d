import fc from 'fast-check';
import { type Candle, PRICE_TYPES, TIMEFRAMES } from '../../src/index.ts';
import { candleEnd } from '../../src/time/timeframe.ts';

const SEED = 20_240_101;

/** How many of the generated inputs are tried: all with `TEST_GENERATED=full`, as in CI, else a tenth. */
export const generatedCount = (full: number): number =>
  process.env['TEST_GENERATED'] === 'full' ? full : Math.ceil(full / 10);

/** The runs of a property. One seed for all, so that each run tests the same. */
export const generatedRuns = (full: number): { readonly seed: number; readonly numRuns: number } => ({
  seed: SEED,
  numRuns: generatedCount(full),
});

/** For properties of pure functions, which cost nothing. */
export const THOUSAND_RUNS = { seed: SEED, numRuns: 1_000 } as const;

/** Any text of whole characters that neither starts nor ends in white space. */
export const name = (longest: number): fc.Arbitrary<string> =>
  fc
    .string({
      unit: fc.oneof(
        fc.constantFrom(...'\'"`\\;%_\u0001\u001a\n -/*?'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: longest,
    })
    .filter(
      (text) =>
        text.trim() === text &&
        text !== '' &&
        [...text].length <= longest &&
        text.isWellFormed() &&
        !text.includes('\0'),
    );

const fractions = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n });

/** A decimal that is not negative, as a count of its last decimal place. */
export const units: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 36n - 1n }),
  fc.bigInt({ min: 0n, max: 10n ** 22n }),
  fractions,
  fc.constantFrom(0n, 1n, 10n ** 18n, 10n ** 36n - 1n),
);

/** Such a count as decimal text in canonical form. */
export function canonical(count: bigint): string {
  const magnitude = count < 0n ? -count : count;
  const digits = magnitude.toString().padStart(19, '0');
  const fraction = digits.slice(-18).replace(/0+$/, '');
  return `${count < 0n ? '-' : ''}${digits.slice(0, -18)}${fraction === '' ? '' : `.${fraction}`}`;
}

const timeframe = fc.constantFrom(...TIMEFRAMES);
const HOUR = 3_600_000;

const startOf = (frame: (typeof TIMEFRAMES)[number]): fc.Arbitrary<Date> => {
  if (frame === '1M') {
    return fc
      .record({
        year: fc.integer({ min: 1001, max: 9998 }),
        month: fc.nat(11),
        zone: fc.integer({ min: -14, max: 12 }),
      })
      .map(({ year, month, zone }) => new Date(Date.UTC(year, month, 1) + zone * HOUR));
  }
  const step = { s: 1_000, m: 60_000 }[frame.slice(-1)];
  const unit = step === undefined ? HOUR : Math.min(HOUR, step * Number.parseInt(frame, 10));
  const [first, last] = [Date.UTC(1000, 0, 1), Date.UTC(9999, 11, 1)].map((time) => Math.ceil(time / unit));
  return fc.integer({ min: first, max: last }).map((count) => new Date(count * unit));
};

/** Any candle that is valid and canonical, with every field. */
export const validCandle: fc.Arbitrary<Omit<Candle, 'updatedAt'>> = timeframe.chain((frame) =>
  fc
    .record({
      exchange: name(32),
      symbol: name(64),
      startTime: startOf(frame),
      prices: fc.tuple(units, units, units, units),
      priceType: fc.constantFrom(...PRICE_TYPES),
      volume: units,
      optional: fc.array(fc.option(units), { minLength: 4, maxLength: 4 }),
      tradeCount: fc.option(fc.integer({ min: 0, max: 4_294_967_295 })),
      closed: fc.boolean(),
    })
    .map(({ prices, volume, optional, ...fields }) => {
      const [quoteVolume = null, takerBuyVolume = null, takerBuyQuoteVolume = null, openInterest = null] = optional.map(
        (value) => (value === null ? null : canonical(value)),
      );
      const [low, a, b, high] = prices.toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0)).map(canonical);
      return {
        ...fields,
        timeframe: frame,
        endTime: candleEnd(fields.startTime, frame) as Date,
        low: low as string,
        open: a as string,
        close: b as string,
        high: high as string,
        volume: canonical(volume),
        quoteVolume,
        takerBuyVolume,
        takerBuyQuoteVolume,
        openInterest,
      };
    }),
);
