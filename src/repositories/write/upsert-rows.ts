import type { Dialect } from '../../databases/dialect.ts';
import type { LoadDataEncoder } from '../../databases/mysql/load-data-encoder.ts';
import { fileRowWriter } from '../../entities/file-row.ts';
import { rowWriter } from '../../entities/row-text.ts';
import type { Table } from '../../entities/table.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';
import type { Statement } from '../statements.ts';
import { type UpsertRules, type UpsertShape, upsertShape } from './upsert-statement.ts';

/** Makes the statements that write one table's rows, from parts that are made once. */
export class UpsertRows<T extends object> {
  readonly #dialect: Dialect;
  readonly #table: Table<T>;
  readonly #rules: UpsertRules;
  readonly #shapes = new Map<ForceUpdate, UpsertShape>();
  readonly #write: ((row: Partial<T>, same?: Partial<T>) => string) | undefined;
  /** Writes a row into a file that is to be loaded, with the values that all its rows share. */
  readonly writeToFile: (file: LoadDataEncoder, row: Partial<T>, same?: Partial<T>) => void;

  constructor(dialect: Dialect, table: Table<T>, rules: UpsertRules) {
    this.#dialect = dialect;
    this.#table = table;
    this.#rules = rules;
    this.#write = dialect.rowLiterals && rowWriter(table, dialect.rowLiterals);
    this.writeToFile = fileRowWriter(table);
  }

  /** The upsert of some rows: with the values in its text where the database reads text fast, else with placeholders. */
  statement(forceUpdate: ForceUpdate, rows: readonly Partial<T>[], same?: Partial<T>): Statement {
    const { head, tail } = this.#shape(forceUpdate);
    const write = this.#write;
    if (write !== undefined) {
      return { sql: `${head}${rows.map((row) => write(row, same)).join(',')}${tail}`, parameters: [] };
    }
    const { columns } = this.#table;
    const marks = `(${columns.map(() => '?').join(', ')})`;
    return {
      sql: `${head}${new Array<string>(rows.length).fill(marks).join(', ')}${tail}`,
      parameters: rows.flatMap((row) =>
        columns.map(({ property, encode }) => encode(row[property as keyof T] ?? same?.[property as keyof T])),
      ),
    };
  }

  /** Bytes a row takes in a statement's text, where there it is. */
  bytesOf(row: Partial<T>, same?: Partial<T>): number {
    return this.#write === undefined ? 0 : Buffer.byteLength(this.#write(row, same));
  }

  #shape(forceUpdate: ForceUpdate): UpsertShape {
    let shape = this.#shapes.get(forceUpdate);
    if (shape === undefined) {
      shape = upsertShape(this.#dialect, this.#table, forceUpdate, this.#rules);
      this.#shapes.set(forceUpdate, shape);
    }
    return shape;
  }
}
