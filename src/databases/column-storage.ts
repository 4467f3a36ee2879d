import { DECIMAL_PRECISION, DECIMAL_SCALE } from '../decimal/decimal.ts';
import { instantText, serverInstantMs } from '../time/instant.ts';
import { impossibleDate } from './stored-value-errors.ts';

/** How a database stores the types that the databases store differently. */
export interface ColumnStorage {
  /** Column type of an exact decimal. */
  readonly decimalType: string;
  /** Stored form of a canonical decimal; it sorts like the number. */
  encodeDecimal(canonical: string): string;
  /** Decimal text of a stored value, canonical or with trailing zeros. */
  decodeDecimal(stored: string): string;
  /** Column type of an instant in UTC milliseconds. */
  readonly instantType: string;
  encodeInstant(value: Date): string | number;
  decodeInstant(stored: string | number): Date;
}

/** DECIMAL and DATETIME(3) of MySQL and MariaDB. */
export const serverStorage: ColumnStorage = {
  decimalType: `decimal(${DECIMAL_PRECISION},${DECIMAL_SCALE})`,
  encodeDecimal: (canonical) => canonical,
  decodeDecimal: (stored) => stored,
  instantType: 'datetime(3)',
  encodeInstant: (value) => instantText(value.getTime()),
  decodeInstant(stored) {
    const ms = serverInstantMs(String(stored));
    if (ms === undefined) {
      throw impossibleDate();
    }
    return new Date(ms);
  },
};

/**
 * SQLite has no decimals: it stores numbers with a point as 8-byte floats. So decimals are text, padded to full width,
 * which makes text order numeric order. Instants are integers.
 */
export const embeddedStorage: ColumnStorage = {
  decimalType: 'text',
  encodeDecimal: padDecimal,
  decodeDecimal: unpadDecimal,
  instantType: 'integer',
  encodeInstant: (value) => value.getTime(),
  decodeInstant: (stored) => new Date(Number(stored)),
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
