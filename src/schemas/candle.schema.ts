import { z } from 'zod';
import { compareDecimals, compareMagnitudes } from '../decimal/decimal.ts';
import { EXCHANGE_LENGTH, SYMBOL_LENGTH } from '../text/column-lengths.ts';
import { checkName } from '../text/name.ts';
import { DEFAULT_PRICE_TYPE, isPriceType, maySignPrices, type PriceType } from '../text/price-type.ts';
import { LATEST_MS, parseInstant } from '../time/instant.ts';
import { candleEnd, candleEndMs, isTimeframe, type Timeframe } from '../time/timeframe.ts';
import { type Check, isPlainObject, quickCheck } from './parse.ts';
import {
  count,
  type DecimalInput,
  type DefaultExchange,
  decimal,
  type Field,
  flag,
  type InstantInput,
  instant,
  name,
  nonNegativeDecimal,
  object,
  orNull,
  type PriceTypeInput,
  priceType,
  type TimeframeInput,
  timeframe,
} from './primitives.ts';

/** A candle to store. */
export interface CandleInput {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly timeframe: TimeframeInput;
  /** What its prices are; a part of the key. Only premiums and funding rates may be negative. @default 'trade' */
  readonly priceType?: PriceTypeInput | undefined;
  /** Start of the interval, inclusive: a multiple of the timeframe up to `1h`, a whole hour above it. */
  readonly startTime: InstantInput;
  /** End of the interval, exclusive. @default startTime plus the timeframe */
  readonly endTime?: InstantInput | undefined;
  readonly open: DecimalInput;
  readonly high: DecimalInput;
  readonly low: DecimalInput;
  readonly close: DecimalInput;
  /** Traded amount, in the base currency. */
  readonly volume: DecimalInput;
  /** Traded amount, in the quote currency. @default null: not known */
  readonly quoteVolume?: DecimalInput | null | undefined;
  /** The part of `volume` that takers bought. @default null: not known */
  readonly takerBuyVolume?: DecimalInput | null | undefined;
  /** The part of `quoteVolume` that takers bought. @default null: not known */
  readonly takerBuyQuoteVolume?: DecimalInput | null | undefined;
  /** Open interest of a derivative, in the base currency. @default null: not known */
  readonly openInterest?: DecimalInput | null | undefined;
  readonly tradeCount?: number | null | undefined;
  /** Whether the exchange calls it final. @default whether its interval has ended by this machine's clock */
  readonly closed?: boolean | undefined;
  /** Ignored, so that candles that were read can be written again: the write sets it. */
  readonly updatedAt?: unknown;
}

/** A candle that was checked: every field is there, in its normal form. */
export interface CheckedCandle {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly priceType: PriceType;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string | null;
  readonly takerBuyVolume: string | null;
  readonly takerBuyQuoteVolume: string | null;
  readonly openInterest: string | null;
  readonly tradeCount: number | null;
  readonly closed: boolean;
}

/** The fields that depend on each other. */
type CoreField =
  | 'exchange'
  | 'symbol'
  | 'timeframe'
  | 'priceType'
  | 'startTime'
  | 'endTime'
  | 'open'
  | 'high'
  | 'low'
  | 'close'
  | 'closed';

/** The fields that are checked by themselves. A new column of candles needs an entry here. */
const VALUES: { readonly [F in Exclude<keyof CheckedCandle, CoreField>]: Field<CheckedCandle[F]> } = {
  volume: nonNegativeDecimal,
  quoteVolume: orNull(nonNegativeDecimal),
  takerBuyVolume: orNull(nonNegativeDecimal),
  takerBuyQuoteVolume: orNull(nonNegativeDecimal),
  openInterest: orNull(nonNegativeDecimal),
  tradeCount: orNull(count),
};

const FIELDS = {
  exchange: name(EXCHANGE_LENGTH).optional(),
  symbol: name(SYMBOL_LENGTH),
  timeframe,
  priceType,
  startTime: instant,
  endTime: instant.optional(),
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  closed: flag.optional(),
  updatedAt: z.unknown().optional(),
};
const VALUE_SCHEMAS = Object.fromEntries(Object.entries(VALUES).map(([field, { schema }]) => [field, schema])) as {
  readonly [F in keyof typeof VALUES]: (typeof VALUES)[F]['schema'];
};
const QUICK_VALUES = Object.entries(VALUES).map(([field, { quick }]) => ({ field, quick }));
const FIELD_NAMES: ReadonlySet<string> = new Set([...Object.keys(FIELDS), ...Object.keys(VALUES)]);

/** Checks a candle. One without a fault, as nearly all are, takes a fifth of the time that the schema takes. */
export function candleCheck(defaultExchange: DefaultExchange): Check<CheckedCandle> {
  return quickCheck(candleSchema(defaultExchange), (input) => quickCandle(input, defaultExchange));
}

/** Checks a candle: each field by itself, then the fields against each other. */
export function candleSchema(defaultExchange: DefaultExchange): z.ZodType<CheckedCandle, unknown> {
  return object('a candle', { ...FIELDS, ...VALUE_SCHEMAS }).transform((candle, context) => {
    const fault = (field: CoreField, message: string): void => {
      context.issues.push({ code: 'custom', path: [field], message, input: candle[field] });
    };
    const end = candleEnd(candle.startTime, candle.timeframe);
    if (end === undefined) {
      fault('startTime', startRule(candle.timeframe));
    } else if (end.getTime() > LATEST_MS) {
      fault('startTime', 'a start whose candle ends before the year 10000');
    } else if (candle.endTime !== undefined && candle.endTime.getTime() !== end.getTime()) {
      fault('endTime', `${end.toISOString()} (one ${candle.timeframe} after startTime, exclusive), or nothing`);
    }
    for (const field of ['open', 'high', 'low', 'close'] as const) {
      if (candle[field].startsWith('-') && !maySignPrices(candle.priceType)) {
        fault(field, 'a decimal that is not negative');
      }
    }
    for (const field of ['open', 'close'] as const) {
      if (compareDecimals(candle[field], candle.high) > 0) {
        fault(field, `a price not above high (${candle.high})`);
      }
      if (compareDecimals(candle[field], candle.low) < 0) {
        fault(field, `a price not below low (${candle.low})`);
      }
    }
    if (compareDecimals(candle.low, candle.high) > 0) {
      fault('low', `a price not above high (${candle.high})`);
    }
    const { updatedAt: _ignored, ...given } = candle;
    const endTime = end ?? candle.startTime;
    return {
      ...given,
      exchange: candle.exchange ?? defaultExchange(),
      endTime,
      closed: candle.closed ?? endTime.getTime() <= Date.now(),
    };
  });
}

/**
 * Returns what the schema returns for a candle without a fault; `undefined` leaves the candle, and the text of its
 * errors, to the schema.
 */
export function quickCandle(input: unknown, defaultExchange: DefaultExchange): CheckedCandle | undefined {
  if (!isPlainObject(input, FIELD_NAMES)) {
    return undefined;
  }
  const { exchange = defaultExchange(), symbol, timeframe, priceType = DEFAULT_PRICE_TYPE, endTime, closed } = input;
  if (checkName(exchange, EXCHANGE_LENGTH) !== undefined || checkName(symbol, SYMBOL_LENGTH) !== undefined) {
    return undefined;
  }
  const open = nonNegativeDecimal.quick(input['open']);
  const high = nonNegativeDecimal.quick(input['high']);
  const low = nonNegativeDecimal.quick(input['low']);
  const close = nonNegativeDecimal.quick(input['close']);
  const start = parseInstant(input['startTime']);
  if (
    open === undefined ||
    high === undefined ||
    low === undefined ||
    close === undefined ||
    !start.ok ||
    !isTimeframe(timeframe) ||
    !isPriceType(priceType) ||
    compareMagnitudes(open, high) > 0 ||
    compareMagnitudes(close, high) > 0 ||
    // so low is not above high either
    compareMagnitudes(low, open) > 0 ||
    compareMagnitudes(low, close) > 0
  ) {
    return undefined;
  }
  const end = candleEndMs(start.value.getTime(), timeframe);
  if (
    end === undefined ||
    end > LATEST_MS ||
    !(endTime === undefined || isInstant(endTime, end)) ||
    !(closed === undefined || typeof closed === 'boolean')
  ) {
    return undefined;
  }
  return withValues(input, {
    exchange: exchange as string,
    symbol: symbol as string,
    timeframe,
    priceType,
    startTime: start.value,
    endTime: new Date(end),
    open,
    high,
    low,
    close,
    closed: closed ?? end <= Date.now(),
  });
}

function withValues(
  input: Record<string, unknown>,
  candle: Pick<CheckedCandle, CoreField> & Record<string, unknown>,
): CheckedCandle | undefined {
  for (const { field, quick } of QUICK_VALUES) {
    const value = quick(input[field]);
    if (value === undefined) {
      return undefined;
    }
    candle[field] = value;
  }
  return candle as unknown as CheckedCandle;
}

function isInstant(input: unknown, ms: number): boolean {
  const parsed = parseInstant(input);
  return parsed.ok && parsed.value.getTime() === ms;
}

/** Where candles of a timeframe may start, in words. */
export function startRule(frame: Timeframe): string {
  if (frame === '1M') {
    return "midnight on the first of a month, in the exchange's zone";
  }
  return /[smh]/.test(frame) && !/^([2-9]|1\d)h/.test(frame) ? `a multiple of ${frame}` : 'a whole hour';
}
