import type { LoadDataEncoder } from '../databases/mysql/load-data-encoder.ts';
import type { Column, Table } from './table.ts';

type WriteField = (file: LoadDataEncoder, value: never) => void;

/**
 * Writes a table's rows into a file. Made once for each table, for the many rows it then writes, which may
 * leave out what is the same in all of them.
 */
export function fileRowWriter<T extends object>(
  table: Table<T>,
): (file: LoadDataEncoder, row: Partial<T>, same?: Partial<T>) => void {
  const properties = table.columns.map(({ property }) => property as keyof T);
  const writers = table.columns.map(fieldWriter);
  return (file, row, same) => {
    for (let index = 0; index < writers.length; index += 1) {
      const property = properties[index] as keyof T;
      const value = row[property] ?? same?.[property];
      if (value == null) {
        file.nothing();
      } else {
        (writers[index] as WriteField)(file, value as never);
      }
    }
    file.endRow();
  };
}

function fieldWriter({ kind, encode }: Column): WriteField {
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
