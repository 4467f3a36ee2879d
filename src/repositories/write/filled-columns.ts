import type { Column, Table } from '../../entities/table.ts';

/**
 * Makes what rows are written by, once for each set of columns. A nullable column that is null in all of the rows is left
 * out: most sources know only a few of them, and each one would cost time on the way and at the server.
 *
 * @param make is given the other columns, in the order of the table
 */
export function byFilledColumns<T extends object, M>(
  { columns }: Table<T>,
  make: (columns: readonly Column[]) => M,
): (rows: readonly Partial<T>[]) => M {
  const nullable = columns.filter((column) => column.nullable);
  const made = new Map<number, M>();
  return (rows) => {
    let filled = 0;
    for (const [index, { property }] of nullable.entries()) {
      if (rows.some((row) => row[property as keyof T] != null)) {
        filled |= 1 << index;
      }
    }
    let form = made.get(filled);
    if (form === undefined) {
      form = make(columns.filter((column) => !column.nullable || (filled & (1 << nullable.indexOf(column))) !== 0));
      made.set(filled, form);
    }
    return form;
  };
}
