import { types } from 'node:util';

/** First and last instant that DATETIME(3) holds on every database: the years 1000 to 9999. */
export const EARLIEST_MS = Date.UTC(1000, 0, 1);
export const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

// Milliseconds of any market's lifetime have 12 to 13 digits. 9 to 11 digits can only be seconds
// (1973 to 5138), 15 to 17 only microseconds, more only nanoseconds.
const SECONDS_FROM = 1e8;
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;
const NANOSECONDS_FROM = 1e17;

const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)$/;

/** As many digits as milliseconds of any market's lifetime, or seconds, have. */
const DIGITS = /^\s*-?\d{9,19}(?:\.\d*)?\s*$/;

/** The outcome of {@link parseInstant}: the instant, or what was expected instead. */
export type ParsedInstant =
  | { readonly ok: true; readonly value: Date }
  | { readonly ok: false; readonly expected: string };

const fault = (expected: string): ParsedInstant => ({ ok: false, expected });
const DIGITS_ARE_TEXT = 'epoch milliseconds as a number (this is text: Number(text)), or ISO 8601 text with a zone';
const FORMS = 'a Date, epoch milliseconds, or ISO 8601 text with a zone (2024-01-31T12:00:00Z)';

/**
 * Reads an instant from a `Date`, epoch milliseconds or ISO 8601 text with a zone. Never guesses: a
 * number that can only be seconds or microseconds is refused by name, text without a zone is refused,
 * and so is anything finer than a millisecond.
 *
 * @example
 * ```ts
 * parseInstant(1704067200000);           // { ok: true, value: 2024-01-01T00:00:00.000Z }
 * parseInstant('2024-01-01T01:00+01:00') // the same
 * parseInstant(1704067200);              // { ok: false, expected: 'epoch milliseconds (this can only be seconds: …)' }
 * ```
 */
export function parseInstant(input: unknown): ParsedInstant {
  if (typeof input === 'number') {
    // milliseconds of any market's lifetime, which most times are
    const plain = input >= MILLISECONDS_FROM && input < MICROSECONDS_FROM && Number.isInteger(input);
    return plain ? { ok: true, value: new Date(input) } : fromNumber(input);
  }
  if (types.isDate(input)) {
    return Number.isNaN(input.getTime()) ? fault('a valid Date') : inRange(input.getTime());
  }
  return typeof input === 'string' ? fromText(input) : fault(FORMS);
}

function fromNumber(input: number): ParsedInstant {
  if (!Number.isFinite(input)) {
    return fault(FORMS);
  }
  const size = Math.abs(input);
  if (size >= SECONDS_FROM && size < MILLISECONDS_FROM) {
    return fault('epoch milliseconds (this can only be seconds: multiply it by 1000)');
  }
  if (size >= NANOSECONDS_FROM) {
    return fault('epoch milliseconds (this can only be nanoseconds: divide it by 1000000)');
  }
  if (size >= MICROSECONDS_FROM) {
    return fault('epoch milliseconds (this can only be microseconds: divide it by 1000)');
  }
  return Number.isInteger(input) ? inRange(input) : fault('whole epoch milliseconds');
}

function fromText(input: string): ParsedInstant {
  const match = ISO.exec(input);
  if (match === null) {
    return fault(DIGITS.test(input) ? DIGITS_ARE_TEXT : FORMS);
  }
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match;
  if (/[1-9]/.test(fraction.slice(3))) {
    return fault('a time no finer than a millisecond');
  }
  const clock = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const asUtc = new Date(`${clock}Z`);
  // Date rolls 30 February over into March; a date that does not read back was none
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString() !== `${clock}Z`) {
    return fault('a date that exists');
  }
  const offset = zoneOffsetMs(zone);
  return offset === undefined ? fault('a zone between -14:00 and +14:00') : inRange(asUtc.getTime() - offset);
}

function zoneOffsetMs(zone: string): number | undefined {
  if (zone === 'Z') {
    return 0;
  }
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  if (Number(digits.slice(2)) > 59 || minutes > 14 * 60) {
    return undefined;
  }
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/**
 * An instant as a server writes it, "YYYY-MM-DD hh:mm:ss.fff": UTC, but it does not say so. `undefined` where there
 * was none: with ALLOW_INVALID_DATES a server keeps 30 February, which a `Date` makes 1 March of.
 */
export function serverInstantMs(stored: string): number | undefined {
  const ms = Date.parse(`${stored.replace(' ', 'T')}Z`);
  return new Date(ms).getUTCDate() === Number(stored.slice(8, 10)) ? ms : undefined;
}

function inRange(ms: number): ParsedInstant {
  return ms >= EARLIEST_MS && ms <= LATEST_MS
    ? { ok: true, value: new Date(ms) }
    : fault('a time between the years 1000 and 9999');
}

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

/** An instant between the years 1000 and 9999 as DATETIME(3) reads it: `2024-01-31 12:00:00`, in UTC, with its milliseconds if any. */
export function instantText(instant: Date): string {
  const ms = instant.getTime();
  const day = Math.floor(ms / DAY_MS);
  const ofDay = ms - day * DAY_MS;
  const milliseconds = ofDay % 1_000;
  const seconds = (ofDay - milliseconds) / 1_000;
  const minutes = Math.floor(seconds / 60);
  const clock = `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}`;
  const text = `${dateText(day)} ${clock}`;
  return milliseconds === 0 ? text : `${text}.${String(milliseconds).padStart(3, '0')}`;
}

const CACHED_DAYS = 1_000;
const dateTexts = new Map<number, string>();

/** A day, counted from 1970, as text: `2024-01-31`. Cached, because rows that are written together lie on few days. */
export function dateText(day: number): string {
  let text = dateTexts.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 10);
    if (dateTexts.size >= CACHED_DAYS) {
      dateTexts.clear();
    }
    dateTexts.set(day, text);
  }
  return text;
}
