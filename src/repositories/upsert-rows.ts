import type { Dialect } from '../dialects/dialect.ts';
import type { RowForm } from '../dialects/row-form.ts';
import { rowWriter } from '../entities/row-text.ts';
import type { Table } from '../entities/table.ts';
import type { Statement } from './statements.ts';
import { type UpsertMode, type UpsertRules, type UpsertShape, upsertShape } from './upsert-statement.ts';

/** Makes the statements that write one table's rows, from parts that are made once. */
export class UpsertRows<T extends object> {
  readonly #dialect: Dialect;
  readonly #table: Table<T>;
  readonly #rules: UpsertRules;
  readonly #shapes = new Map<UpsertMode, UpsertShape>();
  readonly #writers = new Map<RowForm, (row: T) => string>();

  constructor(dialect: Dialect, table: Table<T>, rules: UpsertRules) {
    this.#dialect = dialect;
    this.#table = table;
    this.#rules = rules;
  }

  /** The upsert of some rows: with the values in its text where the database reads text fast, else with placeholders. */
  statement(mode: UpsertMode, rows: readonly T[]): Statement {
    const { head, tail } = this.#shape(mode);
    const form = this.#dialect.statementForm;
    if (form !== undefined) {
      return { sql: `${head}${rows.map(this.writer(form)).join(',')}${tail}`, parameters: [] };
    }
    const { columns } = this.#table;
    const marks = `(${columns.map(() => '?').join(', ')})`;
    return {
      sql: `${head}${new Array<string>(rows.length).fill(marks).join(', ')}${tail}`,
      parameters: rows.flatMap((row) => columns.map((column) => column.encode(row[column.property as keyof T]))),
    };
  }

  /** Writes a row in a form. */
  writer(form: RowForm): (row: T) => string {
    let writer = this.#writers.get(form);
    if (writer === undefined) {
      writer = rowWriter(this.#table, form);
      this.#writers.set(form, writer);
    }
    return writer;
  }

  #shape(mode: UpsertMode): UpsertShape {
    let shape = this.#shapes.get(mode);
    if (shape === undefined) {
      shape = upsertShape(this.#dialect, this.#table, mode, this.#rules);
      this.#shapes.set(mode, shape);
    }
    return shape;
  }
}
