import { z } from 'zod';
import { DATA_TYPE_LENGTH, EXCHANGE_LENGTH, SYMBOL_LENGTH } from '../text/column-lengths.ts';
import type { DataType } from './market-data-point.schema.ts';
import {
  flag,
  type InstantInput,
  instant,
  limit,
  name,
  object,
  type PriceTypeInput,
  priceType,
  signal,
  type TimeframeInput,
  timeframe,
} from './primitives.ts';

/** The half-open interval [startTime, endTime). */
export interface TimeRange {
  /** Inclusive. */
  readonly startTime: InstantInput;
  /** Exclusive. */
  readonly endTime: InstantInput;
}

/** One series: an exchange's symbol in a timeframe, by one type of prices. */
export interface Series {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly timeframe: TimeframeInput;
  /** @default 'trade' */
  readonly priceType?: PriceTypeInput | undefined;
}

/** The bounds of a query: a range, or a limit and any part of a range. */
export type Bounds =
  | (TimeRange & { readonly limit?: number | undefined })
  | (Partial<{ readonly [K in keyof TimeRange]: TimeRange[K] | undefined }> & { readonly limit: number });

/** Which candles to read, and in which order. */
export interface CandleSelectionQuery extends Series {
  /** The order of the start times. A `limit` takes the first candles of that order. @default 'asc' */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Only candles that the exchange calls final. @default false */
  readonly closedOnly?: boolean | undefined;
}

/** Which candles to read: at most `limit`, or without one all of the range. */
export type CandleQuery = CandleSelectionQuery & Bounds;

/** How rows are streamed. */
export interface StreamOptions {
  /**
   * `'pages'` reads one page at a time and holds no connection in between; `'snapshot'` reads everything as it was at
   * the start, on a connection that is held until the end. @default 'pages'
   */
  readonly mode?: 'pages' | 'snapshot' | undefined;
  /** Rows per page, from 1 to 100000. At most two pages are in memory. @default 2000 */
  readonly pageRows?: number | undefined;
  /** Ends the stream with the signal's reason, at the next row or while a page is being read. */
  readonly signal?: AbortSignal | undefined;
}

/** Which candles to stream, and how. */
export type CandleStreamQuery = CandleQuery & StreamOptions;

/** Which latest candle to read. */
export interface LatestCandleQuery extends Series {
  /** Only a candle that the exchange calls final. @default false */
  readonly closedOnly?: boolean | undefined;
}

/** Which candles to count; every condition given must hold. */
export interface CandleCountQuery {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: TimeframeInput | undefined;
  /** @default 'trade' */
  readonly priceType?: PriceTypeInput | undefined;
  readonly startTime?: InstantInput | undefined;
  readonly endTime?: InstantInput | undefined;
}

/** Which raw trades to read. */
export interface RawTradeQuery extends TimeRange {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly dataType: DataType;
  /** The largest number of raw trades. @default all of the range */
  readonly limit?: number | undefined;
}

/** Which raw trades to stream, and how. */
export interface RawTradeStreamQuery extends RawTradeQuery, StreamOptions {}

/** Which raw data to remove. */
export interface CleanupQuery {
  /** Removes raw trades with an earlier timestamp. */
  readonly olderThan: InstantInput;
  /** @default every exchange */
  readonly exchange?: string | undefined;
  /** @default every symbol */
  readonly symbol?: string | undefined;
  /** @default every data type */
  readonly dataType?: DataType | undefined;
  /** Counts the raw trades that would be removed, and removes none. @default false */
  readonly dryRun?: boolean | undefined;
}

const exchange = name(EXCHANGE_LENGTH);
const symbol = name(SYMBOL_LENGTH);
const dataType = name(DATA_TYPE_LENGTH);
const range = { startTime: instant, endTime: instant };
const series = { exchange: exchange.optional(), symbol, timeframe, priceType };

interface Range {
  readonly startTime?: Date | undefined;
  readonly endTime?: Date | undefined;
  readonly limit?: unknown;
}

function inOrder({ value: { startTime, endTime }, issues }: z.core.ParsePayload<Range>): void {
  if (startTime !== undefined && endTime !== undefined && endTime < startTime) {
    const message = `a time not before startTime (${startTime.toISOString()})`;
    issues.push({ code: 'custom', path: ['endTime'], message, input: endTime });
  }
}

const streaming = {
  mode: z.enum(['pages', 'snapshot'], { error: "'pages' or 'snapshot'" }).optional(),
  pageRows: limit.max(100_000, { error: 'at most 100000' }).optional(),
  signal,
};

function bounded(payload: z.core.ParsePayload<Range>): void {
  const { value, issues } = payload;
  for (const field of ['startTime', 'endTime'] as const) {
    if (value[field] === undefined && value.limit === undefined) {
      const message = 'a time, or a limit where the range is open';
      issues.push({ code: 'custom', path: [field], message, input: undefined });
    }
  }
  inOrder(payload);
}

const candles = object('a query of candles', {
  ...series,
  startTime: instant.optional(),
  endTime: instant.optional(),
  limit: limit.optional(),
  order: z.enum(['asc', 'desc'], { error: "'asc' or 'desc'" }).optional(),
  closedOnly: flag.optional(),
});

export const candleQuerySchema = candles.check(bounded);
export const candleStreamSchema = candles.extend(streaming).check(bounded);

/** Checks a series with a time range, as `deleteCandles` takes it. */
export const candleRangeSchema = object('a series and a time range', { ...series, ...range }).check(inOrder);
export const latestCandleQuerySchema = object('a series', { ...series, closedOnly: flag.optional() });
export const limitSchema = limit;

export const candleCountQuerySchema = object('a query of candles', { ...series, ...range })
  .partial()
  .extend({ priceType })
  .check(inOrder);

const rawTrades = object('a query of raw trades', {
  exchange: exchange.optional(),
  symbol,
  dataType,
  ...range,
  limit: limit.optional(),
});

export const rawTradeQuerySchema = rawTrades.check(inOrder);
export const rawTradeStreamSchema = rawTrades.extend(streaming).check(inOrder);

export const cleanupQuerySchema = object('what to clean up', {
  olderThan: instant,
  exchange: exchange.optional(),
  symbol: symbol.optional(),
  dataType: dataType.optional(),
  dryRun: flag.optional(),
});
