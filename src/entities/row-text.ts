import type { RowLiterals } from '../databases/sql-literals.ts';
import type { Column, Table } from './table.ts';

/**
 * Writes a table's rows in a form. Made once for each table and form, for the many rows it then writes, which
 * may leave out what is the same in all of them.
 */
export function rowWriter<T extends object>(
  table: Table<T>,
  form: RowLiterals,
): (row: Partial<T>, same?: Partial<T>) => string {
  const properties = table.columns.map(({ property }) => property as keyof T);
  const writers = table.columns.map((column) => valueWriter(column, form));
  return (row, same) => {
    let text = form.open;
    for (let index = 0; index < writers.length; index += 1) {
      const property = properties[index] as keyof T;
      const value = row[property] ?? same?.[property];
      const written = value == null ? form.nothing : (writers[index] as (value: unknown) => string)(value);
      text += index === 0 ? written : form.separator + written;
    }
    return text + form.close;
  };
}

function valueWriter({ kind, encode }: Column, form: RowLiterals): (value: never) => string {
  switch (kind) {
    case 'decimal':
      return form.decimal;
    case 'instant':
      return repeatedInstant(form.instant);
    case 'flag':
      return (value: boolean) => (value ? '1' : '0');
    case 'integer':
      return (value: number) => String(value);
    case 'text':
      return repeated(form.text);
    case 'json':
      return (value) => form.text(String(encode(value)));
  }
}

/** Rows come sorted by their key: the text of a name is mostly that of the row before. */
function repeated(write: (value: string) => string): (value: string) => string {
  let last: string | undefined;
  let written = '';
  return (value) => {
    if (value !== last) {
      written = write(value);
      last = value;
    }
    return written;
  };
}

/** A write has one time for all of its rows. */
function repeatedInstant(write: (value: Date) => string): (value: Date) => string {
  let last = Number.NaN;
  let written = '';
  return (value) => {
    if (value.getTime() !== last) {
      written = write(value);
      last = value.getTime();
    }
    return written;
  };
}
