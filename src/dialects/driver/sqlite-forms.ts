import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { DECIMAL_PRECISION, DECIMAL_SCALE } from '../../decimal/decimal.ts';
import type { OwnForms } from '../caller-statements.ts';
import { unpadDecimal } from '../column-storage.ts';

const INTEGER_DIGITS = DECIMAL_PRECISION - DECIMAL_SCALE;
/** Servers give an average four digits more. Source: MySQL "div_precision_increment", which has that default. */
const AVERAGE_SCALE = DECIMAL_SCALE + 4;
const PADDED = new RegExp(`^-?\\d{${INTEGER_DIGITS},}\\.\\d{${DECIMAL_SCALE},${AVERAGE_SCALE}}$`);

/** No text that is stored begins so; the digits are as many in each, so that their order is that of the instants. */
const INSTANT = '\u0001instant ';
const INSTANT_DIGITS = 16;
const EARLIEST = -1e15;

/** How decimals and instants are summed up and told from other values on SQLite. */
export const sqliteForms: OwnForms = {
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

/** Makes the functions of {@link sqliteForms} known to a connection. */
export function addForms(db: DatabaseSync): void {
  db.function(sqliteForms.instant, { useBigIntArguments: true, deterministic: true }, (ms) =>
    ms === null ? null : INSTANT + String(Number(ms) - EARLIEST).padStart(INSTANT_DIGITS, '0'),
  );
  const start: Total = { sum: 0n, count: 0n };
  const step = ({ sum, count }: Total, value: SQLOutputValue): Total =>
    value === null ? { sum, count } : { sum: sum + unitsOf(value), count: count + 1n };
  const inverse = ({ sum, count }: Total, value: SQLOutputValue): Total =>
    value === null ? { sum, count } : { sum: sum - unitsOf(value), count: count - 1n };
  aggregate(db, sqliteForms.sum, {
    start,
    step,
    inverse,
    result: ({ sum, count }) => (count === 0n ? null : padded(sum, DECIMAL_SCALE)),
  });
  aggregate(db, sqliteForms.avg, {
    start,
    step,
    inverse,
    result: ({ sum, count }) => (count === 0n ? null : padded(rounded(sum * 10_000n, count), AVERAGE_SCALE)),
  });
}

/** An aggregate whose state is an object; the types of Node know values of SQLite alone. */
function aggregate(
  db: DatabaseSync,
  name: string,
  options: {
    readonly start: Total;
    step(total: Total, value: SQLOutputValue): Total;
    inverse(total: Total, value: SQLOutputValue): Total;
    result(total: Total): string | null;
  },
): void {
  db.aggregate(name, options as unknown as Parameters<DatabaseSync['aggregate']>[1]);
}

/** A decimal of the tables in units of its last digit. */
function unitsOf(value: SQLOutputValue): bigint {
  if (typeof value !== 'string' || !PADDED.test(value)) {
    throw new Error('a stored decimal is not in the form of the library');
  }
  return BigInt(value.replace('.', ''));
}

/** Half a unit is rounded away from zero, as servers do it. */
function rounded(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const quotient = (size * 2n + divisor) / (divisor * 2n);
  return dividend < 0n ? -quotient : quotient;
}

function padded(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(INTEGER_DIGITS + scale, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
