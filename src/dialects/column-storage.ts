import { DECIMAL_PRECISION, DECIMAL_SCALE } from '../decimal/decimal.ts';
import { serverInstantMs } from '../time/instant.ts';
import { impossibleDate } from './driver/impossible-date.ts';
import { instantText } from './row-form.ts';

/** How one database keeps the values that databases keep differently. */
export interface ColumnStorage {
  /** Column type of an exact decimal. */
  readonly decimalType: string;
  /** Canonical decimal text to what is stored; order is kept for values that are not negative. */
  encodeDecimal(canonical: string): string;
  /** Column type of an instant in UTC milliseconds. */
  readonly instantType: string;
  encodeInstant(value: Date): string | number;
  decodeInstant(stored: string | number): Date;
}

/** DECIMAL and DATETIME(3), as MySQL and MariaDB have them. */
export const serverStorage: ColumnStorage = {
  decimalType: `decimal(${DECIMAL_PRECISION},${DECIMAL_SCALE})`,
  encodeDecimal: (canonical) => canonical,
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
 * SQLite has no decimal: numbers with a point become 8-byte floats. So decimals are text, padded to
 * their full width, which makes text order numeric order. Instants are integers.
 */
export const embeddedStorage: ColumnStorage = {
  decimalType: 'text',
  encodeDecimal: padDecimal,
  instantType: 'integer',
  encodeInstant: (value) => value.getTime(),
  decodeInstant: (stored) => new Date(Number(stored)),
};

function padDecimal(canonical: string): string {
  const negative = canonical.startsWith('-');
  const [integer = '0', fraction = ''] = (negative ? canonical.slice(1) : canonical).split('.');
  const digits = `${integer.padStart(DECIMAL_PRECISION - DECIMAL_SCALE, '0')}.${fraction.padEnd(DECIMAL_SCALE, '0')}`;
  return negative ? `-${digits}` : digits;
}

/** The canonical form of a decimal that {@link padDecimal} wrote. */
export function unpadDecimal(stored: string): string {
  const negative = stored.startsWith('-');
  const point = stored.indexOf('.');
  let from = negative ? 1 : 0;
  while (from < point - 1 && stored[from] === '0') {
    from += 1;
  }
  let to = stored.length;
  while (to > point + 1 && stored[to - 1] === '0') {
    to -= 1;
  }
  const digits = stored.slice(from, to === point + 1 ? point : to);
  return negative ? `-${digits}` : digits;
}
