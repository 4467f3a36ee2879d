import { type Dialect, quote } from '../../databases/dialect.ts';
import type { StatementResult } from '../../databases/physical-connection.ts';
import type { Column, Table } from '../../entities/table.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';
import type { Statement } from '../statements.ts';
import { type EncodeRow, rowEncoder } from './encode-rows.ts';
import { byFilledColumns } from './filled-columns.ts';
import type { UpsertCounts } from './write-result.ts';

/** How rows are written. */
export interface WriteOptions<T extends object> {
  readonly forceUpdate: ForceUpdate;
  /** Values that all the rows share, and leave out. */
  readonly shared?: Partial<T> | undefined;
}

/** The columns that an upsert treats specially, by their properties. */
export interface UpsertRules<T extends object> {
  /** Set when, and only when, another column changes. */
  readonly stamp?: keyof T & string;
  /** The column that closes a row. */
  readonly closing?: keyof T & string;
}

/** The text of an upsert around its rows: `insert … values` and `on duplicate key update …`, or SQLite's `on conflict`. */
export interface UpsertText {
  readonly head: string;
  readonly tail: string;
}

/** How rows of one set of columns are written. */
interface UpsertForm<T extends object> {
  readonly columns: readonly Column[];
  readonly encode: EncodeRow<T> | undefined;
  readonly texts: Map<ForceUpdate, UpsertText>;
}

/**
 * Makes the upserts of one table. Their text around the rows is made once for each `forceUpdate` and set of columns: a
 * column that is null in all rows is not sent, and an overwriting upsert sets it to null.
 */
export class UpsertStatements<T extends object> {
  readonly #dialect: Dialect;
  readonly #table: Table<T>;
  readonly #rules: UpsertRules<T>;
  readonly #formOf: (rows: readonly Partial<T>[]) => UpsertForm<T>;
  readonly #encodeWhole: EncodeRow<T> | undefined;

  constructor(dialect: Dialect, table: Table<T>, rules: UpsertRules<T>) {
    this.#dialect = dialect;
    this.#table = table;
    this.#rules = rules;
    const encoderOf = (columns: readonly Column[]) =>
      dialect.rowLiterals && rowEncoder<T>(columns, dialect.rowLiterals);
    this.#formOf = byFilledColumns(table, (columns) => ({ columns, encode: encoderOf(columns), texts: new Map() }));
    this.#encodeWhole = encoderOf(table.columns);
  }

  /** The upsert of some rows: with literals where the database parses them fast, else with placeholders. */
  statement(forceUpdate: ForceUpdate, rows: readonly Partial<T>[], shared?: Partial<T>): Statement {
    const { columns, encode, texts } = this.#formOf(rows);
    let text = texts.get(forceUpdate);
    if (text === undefined) {
      text = upsertText(this.#dialect, this.#table, forceUpdate, this.#rules, columns);
      texts.set(forceUpdate, text);
    }
    const { head, tail } = text;
    if (encode !== undefined) {
      return { sql: `${head}${rows.map((row) => encode(row, shared)).join(',')}${tail}`, parameters: [] };
    }
    const marks = `(${columns.map(() => '?').join(', ')})`;
    return {
      sql: `${head}${new Array<string>(rows.length).fill(marks).join(', ')}${tail}`,
      parameters: rows.flatMap((row) =>
        columns.map(({ property, encode }) => encode(row[property as keyof T] ?? shared?.[property as keyof T])),
      ),
    };
  }

  /** Bytes that a row takes at most in the text of a statement; 0 where rows are bound to placeholders. */
  bytesOf(row: Partial<T>, shared?: Partial<T>): number {
    return this.#encodeWhole === undefined ? 0 : Buffer.byteLength(this.#encodeWhole(row, shared));
  }
}

/**
 * The text of an upsert around its rows.
 *
 * @param sent the columns of the rows; the others are null
 */
export function upsertText<T extends object>(
  dialect: Dialect,
  table: Table<T>,
  forceUpdate: ForceUpdate,
  rules: UpsertRules<T>,
  sent: readonly Column[] = table.columns,
): UpsertText {
  const columns = sent.map(({ quoted }) => quoted).join(', ');
  return {
    head: `insert into ${table.quoted} (${columns}) values `,
    tail: `${dialect.upsert.rowAlias} ${conflictClause(dialect, table, forceUpdate, rules, sent)}`,
  };
}

function conflictClause<T extends object>(
  { upsert }: Dialect,
  table: Table<T>,
  forceUpdate: ForceUpdate,
  rules: UpsertRules<T>,
  sent: readonly Column[],
): string {
  const nameOf = (property: (keyof T & string) | undefined) =>
    property === undefined ? undefined : table.column[property].name;
  const [stamp, closing] = [nameOf(rules.stamp), nameOf(rules.closing)];
  const head = upsert.onConflict(table.keyColumns.map((column) => column.name));
  const stored = (column: string): string => `${table.quoted}.${quote(column)}`;
  if (forceUpdate === false) {
    // a no-op assignment, never INSERT IGNORE, which cuts and zeroes what does not fit
    const key = (table.keyColumns[0] as Column).name;
    return upsert.canSkipRow ? head.replace('do update set', 'do nothing') : `${head} ${quote(key)} = ${stored(key)}`;
  }
  const names = new Set(sent.map(({ name }) => name));
  const incoming = (column: string): string => (names.has(column) ? upsert.incoming(column) : 'null');
  const values = table.columns.filter((column) => !column.key && column.name !== stamp);
  const same = values.map(({ name }) => upsert.same(stored(name), incoming(name))).join(' and ');
  const kept =
    forceUpdate === 'unless-closed' && closing !== undefined
      ? `${stored(closing)} and not ${incoming(closing)}`
      : undefined;
  const skip = kept === undefined ? same : `(${kept}) or (${same})`;
  if (upsert.canSkipRow) {
    const assignments = [...values.map(({ name }) => name), ...(stamp === undefined ? [] : [stamp])].map(
      (name, index) => `${quote(name)} = ${index === 0 ? upsert.countUpdated(incoming(name)) : incoming(name)}`,
    );
    return `${head} ${assignments.join(', ')} where not (${skip})`;
  }
  const unless = (condition: string, name: string): string =>
    `${quote(name)} = case when ${condition} then ${stored(name)} else ${incoming(name)} end`;
  // a server assigns from left to right, and later assignments see the earlier ones: the stamp, which compares old values
  // with new ones, comes first, and the closing column, which guards the others, comes last
  const ordered = values.map(({ name }) => name).sort((a, b) => Number(a === closing) - Number(b === closing));
  const assignments = [
    ...(stamp === undefined ? [] : [unless(skip, stamp)]),
    ...ordered.map((name) => (kept === undefined ? `${quote(name)} = ${incoming(name)}` : unless(kept, name))),
  ];
  return `${head} ${assignments.join(', ')}`;
}

/**
 * What an upsert did, from its own result. A server counts 1 for an inserted row, 2 for a changed one and 0 for one
 * that stayed (source: MySQL Reference Manual, "INSERT ... ON DUPLICATE KEY UPDATE Statement"; the connection has
 * CLIENT_FOUND_ROWS off), and reports the changed rows of a multi-row statement as "Duplicates". SQLite counts 1 for
 * either.
 */
export function upsertCounts(
  dialect: Dialect,
  forceUpdate: ForceUpdate,
  result: StatementResult,
  rows: number,
): UpsertCounts {
  if (forceUpdate === false) {
    return { inserted: result.affected, updated: 0, unchanged: rows - result.affected };
  }
  const perUpdate = dialect.upsert.canSkipRow ? 1 : 2;
  // a server reports no duplicates of a single row, whose count is clear by itself
  const updated = result.updated ?? (rows === 1 && result.affected === perUpdate ? 1 : 0);
  const inserted = result.affected - perUpdate * updated;
  return { inserted, updated, unchanged: rows - inserted - updated };
}

export const NO_ROWS: UpsertCounts = { inserted: 0, updated: 0, unchanged: 0 };

export function addCounts(a: UpsertCounts, b: UpsertCounts): UpsertCounts {
  return { inserted: a.inserted + b.inserted, updated: a.updated + b.updated, unchanged: a.unchanged + b.unchanged };
}
