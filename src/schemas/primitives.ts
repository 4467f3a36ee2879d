import { z } from 'zod';
import { parseDecimal, plainDecimal } from '../decimal/decimal.ts';
import { checkName } from '../text/name.ts';
import { DEFAULT_PRICE_TYPE, PRICE_TYPES, type PriceType } from '../text/price-type.ts';
import { parseInstant } from '../time/instant.ts';
import { TIMEFRAMES, type Timeframe } from '../time/timeframe.ts';

/** A time: a `Date`, epoch milliseconds, or ISO 8601 text with a zone. */
export type InstantInput = Date | number | string;

/** A price, size or balance: decimal text, or a finite number. */
export type DecimalInput = string | number;

/**
 * One of `TIMEFRAMES`. The type is any string, since the compiler widens a timeframe in an object literal to one; text
 * that is no timeframe is refused at run time.
 */
export type TimeframeInput = Timeframe | (string & {});

/** One of `PRICE_TYPES`. The type is any string, as that of {@link TimeframeInput} is. */
export type PriceTypeInput = PriceType | (string & {});

/** Returns the exchange to use where an input names none. */
export type DefaultExchange = () => string;

/** An object with these fields and no others. @param what was expected, where something else than an object was given */
export function object<Fields extends z.core.$ZodLooseShape>(what: string, fields: Fields) {
  return z.strictObject(fields, { error: ({ code }) => (code === 'invalid_type' ? what : undefined) });
}

/** A whole number. @param unit what it counts: ` of rows` */
export function whole(least: number, most: number, unit = '') {
  return z
    .int({ error: `a whole number${unit}` })
    .min(least, { error: least === 0 ? 'a number that is not negative' : `at least ${least}` })
    .max(most, { error: `at most ${most}` });
}

/** A number of milliseconds that a timer can wait. */
export const timerMs = whole(1, 2_147_483_647, ' of milliseconds');
export const signal = z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional();

/** A schema from a function that returns the value, or says what it expected. */
export function rule<T>(
  read: (input: unknown) => { ok: true; value: T } | { ok: false; expected: string },
): z.ZodType<T, unknown> {
  return z.unknown().transform((input, context) => {
    const outcome = read(input);
    if (outcome.ok) {
      return outcome.value;
    }
    context.issues.push({ code: 'custom', message: outcome.expected, input });
    return z.NEVER;
  });
}

const DECIMAL_FAULTS = {
  'not-a-number': 'a decimal (text such as "0.1", or a finite number)',
  'too-many-integer-digits': 'a decimal of at most 18 digits before the point (it is never cut)',
  'too-many-fraction-digits': 'a decimal of at most 18 digits after the point (it is never rounded)',
} as const;

/** An exact decimal in its canonical form. */
export const decimal = rule((input) => {
  const parsed = parseDecimal(input);
  return parsed.ok ? parsed : { ok: false, expected: DECIMAL_FAULTS[parsed.fault] };
});

/**
 * A value with two checks that agree: `schema` has the texts of the errors, `quick` takes a fraction of its time and
 * returns `undefined` for whatever the schema has to judge.
 */
export interface Field<T> {
  readonly schema: z.ZodType<T, unknown>;
  readonly quick: (input: unknown) => T | undefined;
}

/** A field that may be left out or null, and is null then. */
export function orNull<T>({ schema, quick }: Field<T>): Field<T | null> {
  return {
    schema: schema.nullish().transform((value) => value ?? null),
    quick: (input) => (input == null ? null : quick(input)),
  };
}

/** An exact decimal that is not negative: a price or an amount. */
export const nonNegativeDecimal: Field<string> = {
  schema: rule((input) => {
    const parsed = parseDecimal(input);
    if (!parsed.ok) {
      return { ok: false, expected: DECIMAL_FAULTS[parsed.fault] };
    }
    return parsed.value.startsWith('-') ? { ok: false, expected: 'a decimal that is not negative' } : parsed;
  }),
  quick: (input) => {
    const plain = typeof input === 'string' ? plainDecimal(input) : undefined;
    if (plain !== undefined) {
      return plain;
    }
    const parsed = parseDecimal(input);
    return parsed.ok && !parsed.value.startsWith('-') ? parsed.value : undefined;
  },
};

/** An instant in UTC milliseconds. It is a copy, so the caller's own `Date` may change afterwards. */
export const instant = rule((input) => parseInstant(input));

/** Text of 1 to `longest` characters that is stored as a name or part of a key. */
export function name(longest: number): z.ZodType<string, unknown> {
  return rule((input) => {
    const expected = checkName(input, longest);
    return expected === undefined ? { ok: true, value: input as string } : { ok: false, expected };
  });
}

export const timeframe = z.enum(TIMEFRAMES, { error: `one of the timeframes ${TIMEFRAMES.join(', ')}` });

/** One of the price types; `trade` where none is given. */
export const priceType = z
  .enum(PRICE_TYPES, { error: `one of the price types ${PRICE_TYPES.join(', ')}` })
  .default(DEFAULT_PRICE_TYPE);

/** The largest number of rows. */
export const limit = whole(1, Number.MAX_SAFE_INTEGER, ' of rows');

const LARGEST_UNSIGNED = 4_294_967_295;

export const unsignedInt = whole(0, LARGEST_UNSIGNED);

/** A count: an unsigned 32-bit whole number. */
export const count: Field<number> = {
  schema: unsignedInt,
  quick: (input) =>
    Number.isInteger(input) && (input as number) >= 0 && (input as number) <= LARGEST_UNSIGNED
      ? (input as number)
      : undefined,
};

export const flag = z.boolean({ error: 'true or false' });
