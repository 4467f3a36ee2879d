import { serverInstantMs } from '../../time/instant.ts';
import type { SqlValue } from '../row-sink.ts';
import { type ColumnDefinition, type RowPacket, readBytes, readText } from './mysql2.ts';

/** Reads the next value of a row. */
export type ReadValue = (packet: RowPacket) => SqlValue;

/** Source: MySQL source, include/field_types.h, enum_field_types. */
const TYPES = {
  decimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longLong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  json: 245,
  newDecimal: 246,
} as const;

const BINARY = 63;

const text: ReadValue = (packet) => readText(packet, 'latin1');
const double: ReadValue = (packet) => mapped(text(packet) as string | null, Number);
const integer: ReadValue = (packet) => mapped(text(packet) as string | null, wholeNumber);
const decimal: ReadValue = (packet) => mapped(text(packet) as string | null, withoutZeros);
const instant: ReadValue = (packet) => mapped(text(packet) as string | null, instantOf);
const json: ReadValue = (packet) => readText(packet, 'utf8');
const bytes: ReadValue = (packet) => mapped(readBytes(packet), (value) => Buffer.from(value));

const READERS = new Map<number, ReadValue>([
  [TYPES.decimal, decimal],
  [TYPES.newDecimal, decimal],
  [TYPES.tiny, integer],
  [TYPES.short, integer],
  [TYPES.long, integer],
  [TYPES.int24, integer],
  [TYPES.longLong, integer],
  [TYPES.year, integer],
  [TYPES.float, double],
  [TYPES.double, double],
  [TYPES.null, text],
  [TYPES.timestamp, instant],
  [TYPES.datetime, instant],
  [TYPES.date, text],
  [TYPES.time, text],
  [TYPES.json, json],
]);

/** The function that reads the values of a column exactly as the server stores them. */
export function readerOf({ columnType, characterSet, encoding, extendedFormat }: ColumnDefinition): ReadValue {
  const known = extendedFormat === 'json' ? json : READERS.get(columnType);
  if (known !== undefined) {
    return known;
  }
  return characterSet === BINARY ? bytes : (packet) => readText(packet, encoding);
}

function mapped<T, R>(value: T | null, map: (value: T) => R): R | null {
  return value === null ? null : map(value);
}

/** A whole number as a `number` if that is exact, else as a `bigint`. */
export function wholeNumber(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

/** Servers write all digits of a decimal's scale, also zeros. */
function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** "YYYY-MM-DD hh:mm:ss.fff", in UTC without saying so. A value that no `Date` can represent stays text. */
function instantOf(stored: string): Date | string {
  const hasMicroseconds = stored.length > '0000-00-00 00:00:00.000'.length;
  const ms = serverInstantMs(stored);
  return hasMicroseconds || ms === undefined ? stored : new Date(ms);
}
