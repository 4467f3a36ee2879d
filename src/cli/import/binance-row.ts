import { DEFAULT_PRICE_TYPE } from '../../text/price-type.ts';
import { candleEndMs } from '../../time/timeframe.ts';
import type { ParsedRow, SeriesOfFile } from './parsed-row.ts';

// open_time, open, high, low, close, volume, close_time, quote_volume, count, taker_buy_volume, taker_buy_quote_volume,
// ignore
const COLUMNS = 12;
const FIRST_COLUMN = 'open_time';
const MICROSECONDS_FROM = 100_000_000_000_000;
// from 2001 to 2286
const MILLISECOND_DIGITS = 13;

/** True for the line with the names of the columns, which some files have. */
export function isHeader(fields: readonly string[]): boolean {
  return fields[0]?.toLowerCase() === FIRST_COLUMN;
}

/**
 * Parses a row of Binance's public candles. Times are milliseconds, or microseconds since 2025. As the format is known,
 * the magnitude tells which. Numbers stay text.
 */
export function parseBinanceRow(fields: readonly string[], series: SeriesOfFile): ParsedRow {
  if (fields.length !== COLUMNS) {
    return { fault: `expected ${COLUMNS} columns (${FIRST_COLUMN}, …), received ${fields.length}` };
  }
  const field = (index: number): string => fields[index] as string;
  const openTime = field(0);
  const closeTime = field(6);
  const count = field(8);
  if (!/^\d{1,17}$/.test(openTime)) {
    return fault('open_time', 'milliseconds, or microseconds, since 1970', openTime);
  }
  // the digits of microseconds are checked as text, since a number does not hold seventeen digits exactly
  const inMicroseconds = Number(openTime) >= MICROSECONDS_FROM;
  if (inMicroseconds && !openTime.endsWith('000')) {
    return fault('open_time', 'a whole millisecond (it is never rounded)', openTime);
  }
  if (!/^\d{1,10}$/.test(count)) {
    return fault('count', 'a whole number', count);
  }
  const startTime = Number(inMicroseconds ? openTime.slice(0, -3) : openTime);
  const end = candleEndMs(startTime, series.timeframe);
  // the library itself reports a start that no candle of this timeframe has
  if (end !== undefined && !isLastMoment(closeTime, end)) {
    const expected = `the last moment of ${series.timeframe} (${end - 1} or ${end - 1}999)`;
    return fault('close_time', expected, closeTime);
  }
  return {
    candle: {
      ...series,
      startTime,
      open: field(1),
      high: field(2),
      low: field(3),
      close: field(4),
      volume: field(5),
      // of other prices Binance writes zeros here, which mean nothing
      ...(series.priceType === DEFAULT_PRICE_TYPE && {
        quoteVolume: field(7) || null,
        takerBuyVolume: field(9) || null,
        takerBuyQuoteVolume: field(10) || null,
        tradeCount: Number(count),
      }),
    },
  };
}

/** The last millisecond before the end, or the last microsecond, as Binance writes since 2025. */
function isLastMoment(closeTime: string, endMs: number): boolean {
  // compared as a number first, which is cheaper than as text
  if (closeTime.length === MILLISECOND_DIGITS && Number(closeTime) === endMs - 1) {
    return /^\d+$/.test(closeTime);
  }
  const last = String(endMs - 1);
  return closeTime === last || closeTime === `${last}999` || closeTime === `${last}000`;
}

function fault(column: string, expected: string, received: string): ParsedRow {
  return { fault: `${column}: expected ${expected}, received ${JSON.stringify(received.slice(0, 60))}` };
}
