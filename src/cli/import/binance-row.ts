import { candleEnd } from '../../time/timeframe.ts';
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

const MICROSECONDS_FROM = 100_000_000_000_000n;

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
  const [openTime = '', open = '', high = '', low = '', close = '', volume = '', closeTime = ''] = fields;
  const count = fields[8] ?? '';
  if (!/^\d{1,17}$/.test(openTime)) {
    return fault('open_time', 'milliseconds, or microseconds, since 1970', openTime);
  }
  const given = BigInt(openTime);
  const inMicroseconds = given >= MICROSECONDS_FROM;
  if (inMicroseconds && given % 1000n !== 0n) {
    return fault('open_time', 'a whole millisecond (it is never rounded)', openTime);
  }
  if (!/^\d{1,10}$/.test(count)) {
    return fault('count', 'a whole number', count);
  }
  const startMs = Number(inMicroseconds ? given / 1000n : given);
  const end = candleEnd(new Date(startMs), series.timeframe)?.getTime();
  // a start that no candle of the timeframe has is the library's to explain
  if (end !== undefined && !closeTimesOf(BigInt(end)).includes(closeTime)) {
    return fault(
      'close_time',
      `the last moment of ${series.timeframe} (${closeTimesOf(BigInt(end)).slice(0, 2).join(' or ')})`,
      closeTime,
    );
  }
  return { candle: { ...series, startTime: startMs, open, high, low, close, volume, tradeCount: Number(count) } };
}

/** The last millisecond before the end, and the last microsecond: which of them is written changed in 2025. */
function closeTimesOf(endMs: bigint): string[] {
  return [String(endMs - 1n), String(endMs * 1000n - 1n), String((endMs - 1n) * 1000n)];
}

function fault(column: string, expected: string, received: string): ParsedRow {
  return { fault: `${column}: expected ${expected}, received ${JSON.stringify(received.slice(0, 60))}` };
}
