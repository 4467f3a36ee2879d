import { instantText } from '../time/instant.ts';

/** How a row's values are written as literals into the text of a statement. */
export interface RowLiterals {
  readonly open: string;
  readonly separator: string;
  readonly close: string;
  readonly nothing: string;
  /** A decimal in canonical form. The input schema has checked it, so it needs no quotes. */
  decimal(canonical: string): string;
  instant(value: Date): string;
  text(value: string): string;
}

/**
 * A row of `insert … values`. Numbers have no quotes, which servers parse faster. Inside single quotes only the quote
 * and the backslash are special; the session has backslash escapes on. Source: MySQL Reference Manual, "String Literals".
 */
export const rowLiterals: RowLiterals = {
  open: '(',
  separator: ',',
  close: ')',
  nothing: 'null',
  decimal: (canonical) => canonical,
  instant: (value) => `'${instantText(value)}'`,
  text: (value) => `'${value.replace(/['\\]/g, '\\$&')}'`,
};
