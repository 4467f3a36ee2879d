import { createHash } from 'node:crypto';
import type { PriceType, RawWebsocketData, Timeframe } from '../../index.ts';
import { isTimeframe } from '../../time/timeframe.ts';
import { type ExactJson, isObject } from '../exact-json.ts';
import type { ParsedRow } from '../import/parsed-row.ts';
import { readCandleRow } from './candle-row.ts';

// OKX starts days in Hong Kong time, and in UTC if the name ends with utc. The starts differ, so both can be stored
// under the same timeframe.
const CHANNEL = /^(?:(?:mark-price|index)-)?candle(\d{1,2})([smhdwMHDW])(?:utc)?$/;

/** A line with data, as in the capture. */
export interface DataLine {
  readonly number: number;
  readonly text: string;
  readonly receivedMs: number;
  /** The exact text of the message. */
  readonly json: string;
  readonly message: { readonly arg: { readonly [key: string]: ExactJson }; readonly data: readonly ExactJson[] };
}

/** What is stored of a message. It depends on the line alone, so that a replay always gives the same result. */
export interface DataMessage {
  readonly line: number;
  readonly point: RawWebsocketData;
  /** Number of elements in `data`: trades, candles, … */
  readonly items: number;
  readonly candles: readonly ParsedRow[];
  /** Why its elements, which are candles, cannot be stored as candles. */
  readonly skipped: string | undefined;
}

/**
 * Parses a message of OKX, OKCoin or Bitget: `{"arg":{"channel","instId"},"data":[…]}`.
 *
 * - symbol: `arg.instId`; for channels of many instruments, their family or type instead.
 * - timestamp: that of the exchange, if the message has exactly one element with a time and is not a candle (whose time
 *   is the start of its interval); else the time of reception.
 * - sourceId: that of the exchange, if the message has exactly one element with a `tradeId`; else the number of the line
 *   in the capture and a hash of it. Equal messages in two lines are two messages, and a capture that was moved or has
 *   grown gives the same ids again.
 *
 * @returns `undefined` if the message does not name a channel and an instrument
 */
export function readDataMessage(line: DataLine, exchange: string): DataMessage | undefined {
  const { arg, data } = line.message;
  const { channel } = arg;
  const symbol = [arg['instId'], arg['instFamily'], arg['uly'], arg['instType']].find(isText);
  if (!isText(channel) || symbol === undefined) {
    return undefined;
  }
  const candleChannel = isCandleChannel(channel);
  const timeframe = candleChannel ? timeframeOfChannel(channel) : undefined;
  const only = data.length === 1 ? data[0] : undefined;
  const context = { exchange, symbol, priceType: priceTypeOfChannel(channel), receivedMs: line.receivedMs };
  return {
    line: line.number,
    point: {
      exchange,
      symbol,
      dataType: dataTypeOf(channel),
      timestamp: (candleChannel ? undefined : timeOf(only)) ?? line.receivedMs,
      sourceId: tradeIdOf(only) ?? placeId(line),
      receivedAt: line.receivedMs,
      rawData: line.json,
    },
    items: data.length,
    candles: timeframe === undefined ? [] : data.map((row) => readCandleRow(row, { ...context, timeframe })),
    skipped: candleChannel && timeframe === undefined ? `${channel}: not a timeframe of this library` : undefined,
  };
}

/** The data type of a channel; an unknown channel is its own data type. */
export function dataTypeOf(channel: string): string {
  if (channel.startsWith('candle')) {
    return 'candle';
  }
  if (channel.startsWith('books')) {
    return 'orderbook';
  }
  return channel.replace(/^(trade|ticker)s$/, '$1');
}

export function isCandleChannel(channel: string): boolean {
  return /^((mark-price|index)-)?candle/.test(channel);
}

/** What the candles of a channel are made of. */
export function priceTypeOfChannel(channel: string): PriceType {
  return channel.startsWith('mark-') ? 'mark' : channel.startsWith('index-') ? 'index' : 'trade';
}

/**
 * The timeframe of a candle channel.
 *
 * @example timeframeOfChannel('candle1H') // '1h'
 * @example timeframeOfChannel('candle1M') // '1M': a month, while candle1m is a minute
 * @returns `undefined` if it is not a timeframe of this library
 */
export function timeframeOfChannel(channel: string): Timeframe | undefined {
  const [, length, unit] = CHANNEL.exec(channel) ?? [];
  const written = `${length}${unit === 'M' ? 'M' : unit?.toLowerCase()}`;
  return isTimeframe(written) ? written : undefined;
}

function timeOf(element: ExactJson | undefined): number | undefined {
  const time = Array.isArray(element) ? element[0] : isObject(element) ? element['ts'] : undefined;
  return typeof time === 'string' && /^\d{13}$/.test(time) ? Number(time) : undefined;
}

function tradeIdOf(element: ExactJson | undefined): string | undefined {
  const id = isObject(element) ? element['tradeId'] : undefined;
  return isText(id) ? id : undefined;
}

function placeId({ number, text }: DataLine): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `L${String(number).padStart(8, '0')}-${hash}`;
}

function isText(value: ExactJson | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
