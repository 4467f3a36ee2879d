import { crc32 } from 'node:zlib';
import type { Candle, RawPoint } from './rows.ts';

/** How many rows there are and what is in them, whatever their order. */
export interface Digest {
  readonly rows: number;
  /** The sum of each row's CRC-32 over all its columns, as the database writes them. */
  readonly sum: number;
}

export function digestOf<Row>(stored: Iterable<Row>, textOf: (row: Row) => string): Digest {
  let rows = 0;
  let sum = 0;
  for (const row of stored) {
    rows += 1;
    sum += crc32(textOf(row));
  }
  return { rows, sum };
}

export function sameDigest(a: Digest, b: Digest): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}

export function candleText(candle: Candle): string {
  const { exchange, symbol, timeframe, priceType, startTime, endTime, open, high, low, close, volume } = candle;
  const decimals = [open, high, low, close, volume].map(fullDecimal);
  const times = [databaseTime(startTime), databaseTime(endTime)];
  return [exchange, symbol, timeframe, priceType, ...times, ...decimals, candle.tradeCount, candle.closed ? 1 : 0].join(
    '|',
  );
}

export function rawPointText(point: RawPoint): string {
  const { exchange, symbol, dataType, timestamp, sourceId, receivedAt, rawData } = point;
  return [exchange, symbol, dataType, databaseTime(timestamp), sourceId, databaseTime(receivedAt), rawData].join('|');
}

export function databaseTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '');
}

/** A decimal with the 18 digits after the point that the column has. */
export function fullDecimal(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return `${whole}.${fraction.padEnd(18, '0')}`;
}
