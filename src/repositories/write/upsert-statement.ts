import { type Dialect, quote } from '../../databases/dialect.ts';
import type { StatementResult } from '../../databases/physical-connection.ts';
import type { Column, Table } from '../../entities/table.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';

/** How rows are written. */
export interface Writing<T extends object> {
  readonly forceUpdate: ForceUpdate;
  /** Values that all the rows share, and leave out. */
  readonly same?: Partial<T> | undefined;
}

/** The columns that an upsert treats specially. */
export interface UpsertRules {
  /** Set when, and only when, another column changes. */
  readonly stamp?: string | undefined;
  /** The column that closes a row. */
  readonly closing?: string | undefined;
}

/** How many rows a statement inserted, changed and left as they were. */
export interface UpsertCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** The text of an upsert around its rows: `insert … values` and `on duplicate key update …`, or SQLite's `on conflict`. */
export interface UpsertShape {
  readonly head: string;
  readonly tail: string;
}

/** Puts the text of an upsert together. It is the same for any rows, so it is done once for each table and `forceUpdate`. */
export function upsertShape<T extends object>(
  dialect: Dialect,
  table: Table<T>,
  forceUpdate: ForceUpdate,
  rules: UpsertRules,
): UpsertShape {
  const columns = table.columns.map((column) => quote(column.name)).join(', ');
  return {
    head: `insert into ${quote(table.name)} (${columns}) values `,
    tail: `${dialect.upsert.rowAlias} ${conflictClause(dialect, table, forceUpdate, rules)}`,
  };
}

/**
 * What an upsert did, from its own result. The server counts 1 for an inserted row, 2 for a changed one
 * and 0 for one that stayed (source: MySQL Reference Manual, "INSERT ... ON DUPLICATE KEY UPDATE
 * Statement"; the connection has CLIENT_FOUND_ROWS off), and of several rows it tells how many were
 * changed in the statement's information ("Duplicates"). SQLite counts 1 for either.
 */
export function upsertCounts(
  dialect: Dialect,
  forceUpdate: ForceUpdate,
  result: StatementResult,
  rows: number,
): UpsertCounts {
  const { inserted, updated } = split(dialect, forceUpdate, result, rows);
  return { inserted, updated, unchanged: rows - inserted - updated };
}

function split(
  dialect: Dialect,
  forceUpdate: ForceUpdate,
  result: StatementResult,
  rows: number,
): Omit<UpsertCounts, 'unchanged'> {
  if (forceUpdate === false) {
    return { inserted: result.affected, updated: 0 };
  }
  const perUpdate = dialect.upsert.canSkipRow ? 1 : 2;
  // a single row has no information; its count alone is clear
  const updated = result.updated ?? (rows === 1 && result.affected === perUpdate ? 1 : 0);
  return { inserted: result.affected - perUpdate * updated, updated };
}

function conflictClause<T extends object>(
  dialect: Dialect,
  table: Table<T>,
  forceUpdate: ForceUpdate,
  rules: UpsertRules,
): string {
  const { upsert } = dialect;
  const head = upsert.onConflict(table.keyColumns.map((column) => column.name));
  const stored = (column: string): string => `${quote(table.name)}.${quote(column)}`;
  if (forceUpdate === false) {
    // a no-op assignment, never INSERT IGNORE, which cuts and zeroes what does not fit
    const key = (table.keyColumns[0] as Column).name;
    return upsert.canSkipRow ? head.replace('do update set', 'do nothing') : `${head} ${quote(key)} = ${stored(key)}`;
  }
  const values = table.columns.filter((column) => !column.key && column.name !== rules.stamp);
  const same = values.map(({ name }) => upsert.same(stored(name), upsert.incoming(name))).join(' and ');
  const kept =
    forceUpdate === 'unless-closed' && rules.closing !== undefined
      ? `${stored(rules.closing)} and not ${upsert.incoming(rules.closing)}`
      : undefined;
  const skip = kept === undefined ? same : `(${kept}) or (${same})`;
  if (upsert.canSkipRow) {
    const assignments = [...values.map(({ name }) => name), ...(rules.stamp === undefined ? [] : [rules.stamp])].map(
      (name, index) =>
        `${quote(name)} = ${index === 0 ? upsert.countUpdated(upsert.incoming(name)) : upsert.incoming(name)}`,
    );
    return `${head} ${assignments.join(', ')} where not (${skip})`;
  }
  const unless = (condition: string, name: string): string =>
    `${quote(name)} = case when ${condition} then ${stored(name)} else ${upsert.incoming(name)} end`;
  // assignments are made from left to right and see each other: the stamp, which compares the others,
  // comes first, and the closing column, which guards the others, comes last
  const ordered = values
    .map(({ name }) => name)
    .sort((a, b) => Number(a === rules.closing) - Number(b === rules.closing));
  const assignments = [
    ...(rules.stamp === undefined ? [] : [unless(skip, rules.stamp)]),
    ...ordered.map((name) => (kept === undefined ? `${quote(name)} = ${upsert.incoming(name)}` : unless(kept, name))),
  ];
  return `${head} ${assignments.join(', ')}`;
}
