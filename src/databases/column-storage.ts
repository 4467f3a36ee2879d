import { canonicalDecimal, DECIMAL_PRECISION, DECIMAL_SCALE } from '../decimal/decimal.ts';
import { instantText, serverInstantMs } from '../time/instant.ts';
import { impossibleDate } from './stored-value-errors.ts';

/** The form in which a database stores the values of a type. */
export interface StoredForm<Value, Stored> {
  readonly columnType: string;
  encode(value: Value): Stored;
  decode(stored: Stored): Value;
}

/** How a database stores the types that the databases store differently. */
export interface ColumnStorage {
  /** An exact decimal. Its stored form sorts like the number, and is decoded to the canonical form. */
  readonly decimal: StoredForm<string, string>;
  /** An instant in UTC milliseconds. */
  readonly instant: StoredForm<Date, string | number>;
}

/** DECIMAL and DATETIME(3) of MySQL and MariaDB. */
export const serverStorage: ColumnStorage = {
  decimal: {
    columnType: `decimal(${DECIMAL_PRECISION},${DECIMAL_SCALE})`,
    encode: canonicalDecimal,
    decode: (stored) => canonicalDecimal(String(stored)),
  },
  instant: {
    columnType: 'datetime(3)',
    encode: instantText,
    decode(stored) {
      const ms = serverInstantMs(String(stored));
      if (ms === undefined) {
        throw impossibleDate();
      }
      return new Date(ms);
    },
  },
};

/**
 * SQLite has no decimals: it stores numbers with a point as 8-byte floats. So decimals are text, padded to full width,
 * which makes text order numeric order. Instants are integers.
 */
export const embeddedStorage: ColumnStorage = {
  decimal: {
    columnType: 'text',
    encode: (value) => padDecimal(canonicalDecimal(value)),
    decode: (stored) => canonicalDecimal(unpadDecimal(String(stored))),
  },
  instant: {
    columnType: 'integer',
    encode: (value) => value.getTime(),
    decode: (stored) => new Date(Number(stored)),
  },
};

const INTEGER_DIGITS = DECIMAL_PRECISION - DECIMAL_SCALE;
const [MINUS, COLON, ZERO, NINE] = [0x2d, 0x3a, 0x30, 0x39];

/**
 * Text that sorts like the number, also for sums and averages, which have more digits. Each extra digit before the
 * point adds a leading colon, which sorts after `9`. In a negative number each digit is subtracted from nine, so that
 * larger magnitudes sort first; a slash sorts before `0`, and a final tilde after every digit.
 */
export function padDecimal(canonical: string): string {
  const negative = canonical.startsWith('-');
  const [integer = '0', fraction = ''] = (negative ? canonical.slice(1) : canonical).split('.');
  const more = Math.max(0, integer.length - INTEGER_DIGITS);
  const digits = `${integer.padStart(INTEGER_DIGITS, '0')}.${fraction.padEnd(DECIMAL_SCALE, '0')}`;
  return negative ? `-${'/'.repeat(more)}${fromNine(digits)}~` : `${':'.repeat(more)}${digits}`;
}

/** The canonical form of a decimal from {@link padDecimal}. */
export function unpadDecimal(stored: string): string {
  const first = stored.charCodeAt(0);
  if (first === MINUS && stored.endsWith('~')) {
    return `-${unpadDecimal(fromNine(stored.slice(1, -1).replaceAll('/', '')))}`;
  }
  const point = stored.indexOf('.');
  let from = 0;
  while (from < point - 1 && (stored.charCodeAt(from) === ZERO || stored.charCodeAt(from) === COLON)) {
    from += 1;
  }
  let to = stored.length;
  while (to > point + 1 && stored.charCodeAt(to - 1) === ZERO) {
    to -= 1;
  }
  return stored.slice(from, to === point + 1 ? point : to);
}

/** Subtracts each digit from nine. */
function fromNine(digits: string): string {
  return digits.replace(/\d/g, (digit) => String.fromCharCode(ZERO + NINE - digit.charCodeAt(0)));
}
