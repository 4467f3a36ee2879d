/** How a row's values are written into the text of a statement. */
export interface RowLiterals {
  readonly open: string;
  readonly separator: string;
  readonly close: string;
  readonly nothing: string;
  /** A decimal in canonical form. It has passed the edge's check, so it needs no quotes. */
  decimal(canonical: string): string;
  instant(value: Date): string;
  text(value: string): string;
}

/**
 * A row of `insert … values`: numbers without quotes, which servers read faster. Inside single quotes only
 * the quote itself and the backslash mean something; the session has backslash escapes on.
 * Source: MySQL Reference Manual, "String Literals".
 */
export const rowLiterals: RowLiterals = {
  open: '(',
  separator: ',',
  close: ')',
  nothing: 'null',
  decimal: (canonical) => canonical,
  instant: (value) => `'${instantText(value.getTime())}'`,
  text: (value) => `'${value.replace(/['\\]/g, '\\$&')}'`,
};

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

/** An instant between the years 1000 and 9999 as DATETIME(3) reads it: `2024-01-31 12:00:00`, in UTC, with its milliseconds if any. */
export function instantText(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const ofDay = ms - day * DAY_MS;
  const milliseconds = ofDay % 1_000;
  const seconds = (ofDay - milliseconds) / 1_000;
  const minutes = Math.floor(seconds / 60);
  const clock = `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}`;
  const text = `${dateText(day)} ${clock}`;
  return milliseconds === 0 ? text : `${text}.${String(milliseconds).padStart(3, '0')}`;
}

const REMEMBERED_DAYS = 1_000;
const dates = new Map<number, string>();

/**
 * A day, counted from 1970, as text: `2024-01-31`. Those of the last thousand days are remembered, since times
 * that are written together lie on few.
 */
export function dateText(day: number): string {
  let text = dates.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 10);
    if (dates.size >= REMEMBERED_DAYS) {
      dates.clear();
    }
    dates.set(day, text);
  }
  return text;
}
