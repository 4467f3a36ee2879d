import type { LoadDataEncoder } from '../../databases/mysql/load-data-encoder.ts';
import type { RowLiterals } from '../../databases/sql-literals.ts';
import type { Column, Table } from '../../entities/table.ts';
import { byFilledColumns } from './filled-columns.ts';

/** Writes a row as text. Values that all rows of a batch share are given beside it, and left out of it. */
export type EncodeRow<T extends object> = (row: Partial<T>, shared?: Partial<T>) => string;

/** Returns a function that writes some columns of rows as the literals of `insert … values`. */
export function rowEncoder<T extends object>(columns: readonly Column[], literals: RowLiterals): EncodeRow<T> {
  const properties = columns.map(({ property }) => property as keyof T);
  const encoders = columns.map((column) => literalEncoder(column, literals));
  return (row, shared) => {
    let text = literals.open;
    for (let index = 0; index < encoders.length; index += 1) {
      const property = properties[index] as keyof T;
      const value = row[property] ?? shared?.[property];
      const written = value == null ? literals.nothing : (encoders[index] as (value: unknown) => string)(value);
      text += index === 0 ? written : literals.separator + written;
    }
    return text + literals.close;
  };
}

function literalEncoder({ kind, encode }: Column, literals: RowLiterals): (value: never) => string {
  switch (kind) {
    case 'decimal':
      return literals.decimal;
    case 'instant':
      // one write has one time for all of its rows
      return cached(literals.instant, (value) => value.getTime());
    case 'flag':
      return (value: boolean) => (value ? '1' : '0');
    case 'integer':
      return (value: number) => String(value);
    case 'text':
      // rows are sorted by their key, so a name is mostly that of the row before
      return cached(literals.text, (value) => value);
    case 'json':
      return (value) => literals.text(String(encode(value)));
  }
}

/** Encodes a value anew only where it differs from the one before. */
function cached<V>(encode: (value: V) => string, identify: (value: V) => unknown): (value: V) => string {
  let last: unknown;
  let text = '';
  return (value) => {
    const identity = identify(value);
    if (identity !== last) {
      text = encode(value);
      last = identity;
    }
    return text;
  };
}

type EncodeField = (file: LoadDataEncoder, value: never) => void;

/** How rows are written into a file for LOAD DATA. */
export interface FileForm<T extends object> {
  /** The columns in the file. */
  readonly columns: readonly Column[];
  encode(file: LoadDataEncoder, row: Partial<T>, shared?: Partial<T>): void;
}

/** Returns a function that says how some of a table's rows are written into a file. */
export function fileRowEncoder<T extends object>(table: Table<T>): (rows: readonly Partial<T>[]) => FileForm<T> {
  return byFilledColumns(table, (columns) => ({ columns, encode: fieldsEncoder(columns) }));
}

function fieldsEncoder<T extends object>(columns: readonly Column[]): FileForm<T>['encode'] {
  const properties = columns.map(({ property }) => property as keyof T);
  const encoders = columns.map(fieldEncoder);
  return (file, row, shared) => {
    for (let index = 0; index < encoders.length; index += 1) {
      const property = properties[index] as keyof T;
      const value = row[property] ?? shared?.[property];
      if (value == null) {
        file.nothing();
      } else {
        (encoders[index] as EncodeField)(file, value as never);
      }
    }
    file.endRow();
  };
}

function fieldEncoder({ kind, encode }: Column): EncodeField {
  switch (kind) {
    case 'decimal':
      return (file, value: string) => file.decimal(value);
    case 'instant':
      return (file, value: Date) => file.instant(value);
    case 'flag':
      return (file, value: boolean) => file.flag(value);
    case 'integer':
      return (file, value: number) => file.integer(value);
    case 'text':
      return (file, value: string) => file.text(value);
    case 'json':
      return (file, value) => file.text(String(encode(value)));
  }
}
