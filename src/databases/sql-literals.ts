import { instantText } from '../time/instant.ts';

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
