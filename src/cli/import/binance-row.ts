import { candleEndMs } from '../../time/timeframe.ts';
import type { ParsedRow, SeriesOfFile } from './parsed-row.ts';

/** The columns of Binance's public candles, in their order. */
export const BINANCE_COLUMNS = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'close_time',
  'quote_volume',
  'count',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'ignore',
] as const;

const MICROSECONDS_FROM = 100_000_000_000_000;
// from 2001 to 2286
const MILLISECOND_DIGITS = 13;

/** True for the line with the columns' names, which some of the files have. */
export function isHeader(fields: readonly string[]): boolean {
  return fields[0]?.toLowerCase() === BINANCE_COLUMNS[0];
}

/**
 * Reads a row of Binance's public candles. Times are milliseconds, and since 2025 microseconds: here the
 * format is known, so both are taken by their magnitude. Numbers stay the text they are.
 */
export function parseBinanceRow(fields: readonly string[], series: SeriesOfFile): ParsedRow {
  if (fields.length !== BINANCE_COLUMNS.length) {
    return {
      fault: `expected ${BINANCE_COLUMNS.length} columns (${BINANCE_COLUMNS[0]}, …), received ${fields.length}`,
    };
  }
  const field = (index: number): string => fields[index] as string;
  const openTime = field(0);
  const closeTime = field(6);
  const count = field(8);
  if (!/^\d{1,17}$/.test(openTime)) {
    return fault('open_time', 'milliseconds, or microseconds, since 1970', openTime);
  }
  // the last digits of microseconds are told apart as text: seventeen digits are more than a number holds
  const inMicroseconds = Number(openTime) >= MICROSECONDS_FROM;
  if (inMicroseconds && !openTime.endsWith('000')) {
    return fault('open_time', 'a whole millisecond (it is never rounded)', openTime);
  }
  if (!/^\d{1,10}$/.test(count)) {
    return fault('count', 'a whole number', count);
  }
  const startTime = Number(inMicroseconds ? openTime.slice(0, -3) : openTime);
  const end = candleEndMs(startTime, series.timeframe);
  // a start that no candle of the timeframe has is the library's to explain
  if (end !== undefined && !isLastMoment(closeTime, end)) {
    const expected = `the last moment of ${series.timeframe} (${end - 1} or ${end - 1}999)`;
    return fault('close_time', expected, closeTime);
  }
  return {
    candle: {
      exchange: series.exchange,
      symbol: series.symbol,
      timeframe: series.timeframe,
      startTime,
      open: field(1),
      high: field(2),
      low: field(3),
      close: field(4),
      volume: field(5),
      tradeCount: Number(count),
    },
  };
}

/** The last millisecond before the end, or the last microsecond: which of them is written changed in 2025. */
function isLastMoment(closeTime: string, endMs: number): boolean {
  // compared as a number first: making the text costs more
  if (closeTime.length === MILLISECOND_DIGITS && Number(closeTime) === endMs - 1) {
    return /^\d+$/.test(closeTime);
  }
  const last = String(endMs - 1);
  return closeTime === last || closeTime === `${last}999` || closeTime === `${last}000`;
}

function fault(column: string, expected: string, received: string): ParsedRow {
  return { fault: `${column}: expected ${expected}, received ${JSON.stringify(received.slice(0, 60))}` };
}
