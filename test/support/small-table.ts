import { quote } from '../../src/databases/dialect.ts';
import type { Column, ColumnKind, Table } from '../../src/entities/table.ts';

/** A row of {@link smallTable}. */
export class SmallRow {
  readonly key!: string;
  readonly value!: string;
  readonly done!: boolean;
  readonly at!: string;
}

const columnOf = (property: string, name: string, kind: ColumnKind, length?: number): Column => ({
  property,
  name,
  quoted: quote(name),
  key: property === 'key',
  kind,
  nullable: false,
  length,
  encode: (value) => (typeof value === 'boolean' ? Number(value) : String(value)),
  decode: (stored) => stored,
});

const column = {
  key: columnOf('key', 'k', 'text', 8),
  value: columnOf('value', 'v', 'text'),
  done: columnOf('done', 'done', 'flag'),
  at: columnOf('at', 'at', 'text', 8),
};

/** A table of four columns: a key, a value, one that closes and a stamp. */
export const smallTable: Table<SmallRow> = {
  name: 't',
  quoted: quote('t'),
  entity: SmallRow,
  columns: Object.values(column),
  keyColumns: [column.key],
  column,
};
