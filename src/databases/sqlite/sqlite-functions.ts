import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { DECIMAL_PRECISION, DECIMAL_SCALE } from '../../decimal/decimal.ts';
import { padDecimal, unpadDecimal } from '../column-storage.ts';
import type { EncodedValues } from '../raw-sql-dialect.ts';

/** Servers add four digits to an average. Source: MySQL "div_precision_increment", which has that default. */
const AVERAGE_SCALE = DECIMAL_SCALE + 4;
const DIGITS = String.raw`\d{${DECIMAL_PRECISION - DECIMAL_SCALE},}\.\d{${DECIMAL_SCALE},${AVERAGE_SCALE}}`;
const PADDED = new RegExp(`^(?::*${DIGITS}|-/*${DIGITS}~)$`);

/** No stored text begins like this. The number of digits is fixed, so that text order is the order of the instants. */
const INSTANT = '\u0001instant ';
const INSTANT_DIGITS = 16;
const EARLIEST = -1e15;

/** How SQLite sums up decimals, and how decimals and instants are told from other values. */
export const decimalFunctions: EncodedValues = {
  sum: 'tradestore_sum',
  avg: 'tradestore_avg',
  instant: 'tradestore_instant',

  read(value) {
    if (typeof value !== 'string') {
      return value;
    }
    if (value.startsWith(INSTANT)) {
      return new Date(Number(value.slice(INSTANT.length)) + EARLIEST);
    }
    return PADDED.test(value) ? unpadDecimal(value) : value;
  },

  plainName: (name) =>
    name.replace(/tradestore_instant\(((?:[^()]|\([^()]*\))*)\)/g, '$1').replaceAll('tradestore_', ''),
};

interface Total {
  readonly sum: bigint;
  readonly count: bigint;
}

/** Adds the functions of {@link decimalFunctions} to a connection. */
export function addFunctions(db: DatabaseSync): void {
  db.function(decimalFunctions.instant, { useBigIntArguments: true, deterministic: true }, (ms) =>
    ms === null ? null : INSTANT + String(Number(ms) - EARLIEST).padStart(INSTANT_DIGITS, '0'),
  );
  total(db, decimalFunctions.sum, ({ sum }) => sum);
  total(db, decimalFunctions.avg, ({ sum, count }) => rounded(sum, count));
}

/** Adds an aggregate of decimals. Node's types allow only SQLite values as its state. */
function total(db: DatabaseSync, name: string, unitsIn: (total: Total) => bigint): void {
  const add =
    (sign: bigint) =>
    (total: Total, value: SQLOutputValue): Total =>
      value === null ? total : { sum: total.sum + sign * unitsOf(value), count: total.count + sign };
  const options = {
    start: { sum: 0n, count: 0n },
    step: add(1n),
    inverse: add(-1n),
    result: (total: Total) => (total.count === 0n ? null : paddedUnits(unitsIn(total))),
  };
  db.aggregate(name, options as unknown as Parameters<DatabaseSync['aggregate']>[1]);
}

/** A decimal in units of the last digit of an average. */
function unitsOf(value: SQLOutputValue): bigint {
  if (typeof value !== 'string' || !PADDED.test(value)) {
    throw new Error('a stored decimal has not the form that the library writes');
  }
  const [integer, fraction = ''] = unpadDecimal(value).split('.');
  return BigInt(`${integer}${fraction.padEnd(AVERAGE_SCALE, '0')}`);
}

/** Rounds half a unit away from zero, like the servers. */
function rounded(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const quotient = (size * 2n + divisor) / (divisor * 2n);
  return dividend < 0n ? -quotient : quotient;
}

function paddedUnits(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(AVERAGE_SCALE + 1, '0');
  const fraction = digits.slice(-AVERAGE_SCALE).replace(/0+$/, '');
  return padDecimal(`${units < 0n ? '-' : ''}${digits.slice(0, -AVERAGE_SCALE)}.${fraction}`);
}
