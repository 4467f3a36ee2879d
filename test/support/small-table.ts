import type { Column, ColumnKind, Table } from '../../src/entities/table.ts';

/** A row of {@link smallTable}. */
export class SmallRow {
  readonly key!: string;
  readonly value!: string;
  readonly done!: boolean;
  readonly at!: string;
}

const column = (property: string, name: string, kind: ColumnKind, length?: number): Column => ({
  property,
  name,
  key: property === 'key',
  kind,
  nullable: false,
  length,
  encode: (value) => (typeof value === 'boolean' ? Number(value) : String(value)),
  decode: (stored) => stored,
});

const columns = [
  column('key', 'k', 'text', 8),
  column('value', 'v', 'text'),
  column('done', 'done', 'flag'),
  column('at', 'at', 'text', 8),
];

/** A table of four columns: a key, a value, one that closes and a stamp. */
export const smallTable: Table<SmallRow> = {
  name: 't',
  entity: SmallRow,
  columns,
  keyColumns: columns.slice(0, 1),
  column: (property) => columns.find((candidate) => candidate.property === property) as Column,
  toObject: (row) => row as unknown as SmallRow,
};
