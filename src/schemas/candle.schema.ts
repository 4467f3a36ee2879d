import { z } from 'zod';
import { compareDecimals } from '../decimal/decimal.ts';
import { EXCHANGE_LENGTH, SYMBOL_LENGTH } from '../text/column-lengths.ts';
import { LATEST_MS } from '../time/instant.ts';
import { candleEnd, type Timeframe } from '../time/timeframe.ts';
import {
  type DecimalInput,
  type DefaultExchange,
  flag,
  type InstantInput,
  instant,
  name,
  nonNegativeDecimal,
  type TimeframeInput,
  timeframe,
  unsignedInt,
} from './primitives.ts';

/** A candle as it may be given. */
export interface CandleInput {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly timeframe: TimeframeInput;
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
  readonly tradeCount?: number | null | undefined;
  /** Whether the exchange calls it final. @default whether its interval has ended by this machine's clock */
  readonly closed?: boolean | undefined;
  /** Taken from candles that were read, and ignored: the write sets it. */
  readonly updatedAt?: unknown;
}

/** A candle that has passed the edge: every field in its one normal form. */
export interface CheckedCandle {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly tradeCount: number | null;
  readonly closed: boolean;
}

/** Checks a candle: each field by itself, then the fields against each other. */
export function candleSchema(defaultExchange: DefaultExchange): z.ZodType<CheckedCandle, unknown> {
  return z
    .strictObject(
      {
        exchange: name(EXCHANGE_LENGTH).optional(),
        symbol: name(SYMBOL_LENGTH),
        timeframe,
        startTime: instant,
        endTime: instant.optional(),
        open: nonNegativeDecimal,
        high: nonNegativeDecimal,
        low: nonNegativeDecimal,
        close: nonNegativeDecimal,
        volume: nonNegativeDecimal,
        tradeCount: unsignedInt.nullish(),
        closed: flag.optional(),
        updatedAt: z.unknown().optional(),
      },
      { error: objectError('a candle') },
    )
    .transform((candle, context) => {
      const fault = (field: keyof CheckedCandle, message: string): void => {
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
        tradeCount: candle.tradeCount ?? null,
        closed: candle.closed ?? endTime.getTime() <= Date.now(),
      };
    });
}

/** Says what an object was expected to be, where something else came; other faults keep their own words. */
export function objectError(what: string) {
  return (issue: { readonly code: string }): string | undefined => (issue.code === 'invalid_type' ? what : undefined);
}

function startRule(frame: Timeframe): string {
  if (frame === '1M') {
    return "midnight on the first of a month, in the exchange's zone";
  }
  return /[smh]/.test(frame) && !/^([2-9]|1\d)h/.test(frame) ? `a multiple of ${frame}` : 'a whole hour';
}
