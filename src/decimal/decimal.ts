/** DECIMAL(36,18): up to 18 digits before the point and 18 after it. */
export const DECIMAL_PRECISION = 36;
export const DECIMAL_SCALE = 18;
const INTEGER_DIGITS = DECIMAL_PRECISION - DECIMAL_SCALE;

const PATTERN = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const LONGEST_INPUT = 400;
const ZERO = 48;
const NINE = 57;
const POINT = 46;

/** Why a value is no exact decimal. */
export type DecimalFault = 'not-a-number' | 'too-many-integer-digits' | 'too-many-fraction-digits';

export type ParsedDecimal =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly fault: DecimalFault };

/**
 * Reads a decimal exactly and writes it in its one canonical form: no exponent, no leading or trailing
 * zeros, no `-0`. A JavaScript number counts as its shortest decimal text, which is what it prints as.
 *
 * @example
 * ```ts
 * parseDecimal('0.10');  // { ok: true, value: '0.1' }
 * parseDecimal(1e-7);    // { ok: true, value: '0.0000001' }
 * parseDecimal('1e-19'); // { ok: false, fault: 'too-many-fraction-digits' }
 * ```
 *
 * Nothing is rounded: what does not fit DECIMAL(36,18) is a fault.
 */
export function parseDecimal(input: unknown): ParsedDecimal {
  const text = typeof input === 'number' ? String(input) : input;
  if (typeof text !== 'string' || text.length > LONGEST_INPUT) {
    return { ok: false, fault: 'not-a-number' };
  }
  const plain = plainDecimal(text);
  if (plain !== undefined) {
    return { ok: true, value: plain };
  }
  const match = PATTERN.exec(text);
  if (match === null) {
    return { ok: false, fault: 'not-a-number' };
  }
  const [, sign = '', whole = '', part = '', exponent] = match;
  const [integer, fraction] = exponent === undefined ? [whole, part] : shift(whole, part, Number(exponent));
  const integerDigits = integer.replace(/^0+/, '');
  const fractionDigits = fraction.replace(/0+$/, '');
  if (integerDigits.length > INTEGER_DIGITS) {
    return { ok: false, fault: 'too-many-integer-digits' };
  }
  if (fractionDigits.length > DECIMAL_SCALE) {
    return { ok: false, fault: 'too-many-fraction-digits' };
  }
  const digits = `${integerDigits === '' ? '0' : integerDigits}${fractionDigits === '' ? '' : `.${fractionDigits}`}`;
  return { ok: true, value: digits === '0' ? '0' : `${sign}${digits}` };
}

/**
 * The canonical form of a decimal that has neither sign nor exponent nor leading zeros, as nearly all have
 * none: {@link parseDecimal} for the hot path. Of any other text it says nothing.
 */
export function plainDecimal(text: string): string | undefined {
  const { length } = text;
  let point = -1;
  // where the digits end that count: zeros at the end of a fraction do not
  let end = 0;
  for (let at = 0; at < length; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === POINT && point < 0) {
      point = at;
    } else if (letter < ZERO || letter > NINE) {
      return undefined;
    } else if (letter !== ZERO || point < 0) {
      end = at + 1;
    }
  }
  const integerDigits = point < 0 ? length : point;
  const leadingZero = integerDigits > 1 && text.charCodeAt(0) === ZERO;
  const tooLong = integerDigits > INTEGER_DIGITS || end - integerDigits - 1 > DECIMAL_SCALE;
  if (integerDigits === 0 || leadingZero || tooLong || point === length - 1) {
    return undefined;
  }
  return end === length ? text : text.slice(0, end);
}

/** The canonical form of a decimal that is known to be one, as a database returns it. */
export function canonicalDecimal(stored: string): string {
  const parsed = parseDecimal(stored);
  if (!parsed.ok) {
    throw new TypeError(`not a DECIMAL(${DECIMAL_PRECISION},${DECIMAL_SCALE}): ${stored.slice(0, 50)}`);
  }
  return parsed.value;
}

/**
 * Compares two canonical decimals exactly: negative, zero or positive, as `Array.sort` takes it.
 *
 * @example compareDecimals('9', '10') // -1
 */
export function compareDecimals(a: string, b: string): number {
  const negativeA = a.startsWith('-');
  const negativeB = b.startsWith('-');
  if (negativeA !== negativeB) {
    return negativeA ? -1 : 1;
  }
  return negativeA ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

/** {@link compareDecimals} of two that are not negative. */
export function compareMagnitudes(a: string, b: string): number {
  const pointA = a.indexOf('.');
  const pointB = b.indexOf('.');
  const lengthA = pointA < 0 ? a.length : pointA;
  const lengthB = pointB < 0 ? b.length : pointB;
  if (lengthA !== lengthB) {
    return lengthA - lengthB;
  }
  // canonical digits of equal integer length compare like text, a missing fraction being the smaller
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Adds two canonical decimals exactly; nothing where the sum has more digits before the point than fit.
 *
 * @example addDecimals('0.1', '0.2') // '0.3'
 */
export function addDecimals(a: string, b: string): string | undefined {
  const sum = unitsOf(a) + unitsOf(b);
  const digits = String(sum < 0n ? -sum : sum).padStart(DECIMAL_SCALE + 1, '0');
  const point = digits.length - DECIMAL_SCALE;
  const parsed = parseDecimal(`${sum < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`);
  return parsed.ok ? parsed.value : undefined;
}

/** A canonical decimal in units of its last place. */
function unitsOf(canonical: string): bigint {
  const [integer, fraction = ''] = canonical.split('.');
  return BigInt(`${integer}${fraction.padEnd(DECIMAL_SCALE, '0')}`);
}

function shift(whole: string, part: string, exponent: number): [string, string] {
  const digits = whole + part;
  const point = whole.length + exponent;
  if (/^0*$/.test(digits)) {
    return ['0', ''];
  }
  if (point <= 0) {
    return ['0', '0'.repeat(-point) + digits];
  }
  return [digits.slice(0, point).padEnd(point, '0'), digits.slice(point)];
}
