import type { Execute, Read } from '../databases/dialect.ts';
import type { Fields, Parameter } from '../databases/physical-connection.ts';
import type { Column, Table } from '../entities/table.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { Executor } from '../executor/executor.ts';
import type { Tables } from '../executor/session.ts';

/** A condition on columns: its text with placeholders, and the values for them. */
export interface Condition {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  /** The properties that have the same value in all rows that meet it. */
  readonly fixed: ReadonlySet<string>;
}

/** A statement with the values for its placeholders. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** One comparison of a condition. `undefined` values are left out. */
export type Comparison<T extends object> = readonly [
  property: keyof T & string,
  operator: '=' | '<' | '>=' | '>' | '<=',
  value: unknown,
];

/** All comparisons, in their order. Those of the key come first, so that its index is used. */
export function where<T extends object>({ column }: Table<T>, comparisons: readonly Comparison<T>[]): Condition {
  const given = comparisons.filter(([, , value]) => value !== undefined);
  return {
    text: given.map(([property, operator]) => `${column[property].quoted} ${operator} ?`).join(' and ') || '1 = 1',
    parameters: given.map(([property, , value]) => column[property].encode(value)),
    fixed: new Set(given.filter(([, operator]) => operator === '=').map(([property]) => property)),
  };
}

/** Which rows to read, and in which order of the key. */
export interface Selection<T extends object> {
  readonly table: Table<T>;
  readonly columns: readonly Column[];
  readonly condition: Condition;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly limit?: number | undefined;
}

/** Reads some columns of the rows that meet a condition. */
export async function readRows<T extends object>(
  read: Read,
  { table, columns, condition, order = 'asc', limit }: Selection<T>,
  onRow: (fields: Fields) => void,
): Promise<void> {
  const names = columns.map(({ quoted }) => quoted).join(', ');
  // MariaDB sorts the rows again if the order names a column that does not vary
  const varying = table.keyColumns.filter(({ property }) => !condition.fixed.has(property));
  const keys = varying.map(({ quoted }) => `${quoted} ${order}`).join(', ');
  const sql = `select ${names} from ${table.quoted} where ${condition.text} order by ${keys}`;
  const limited = limit === undefined ? sql : `${sql} limit ?`;
  await read(limited, limit === undefined ? condition.parameters : [...condition.parameters, limit], onRow);
}

/** Counts the rows that meet a condition. */
export async function countRows<T extends object>(
  execute: Execute,
  table: Table<T>,
  condition: Condition,
): Promise<number> {
  const { rows } = await execute(
    `select count(*) as count from ${table.quoted} where ${condition.text}`,
    condition.parameters,
  );
  return Number(rows[0]?.['count']);
}

const ROWS_PER_DELETE = 5_000;

/** Adds to an error what was done before it, since the caller gets no result that says so. */
export function withProgress(error: unknown, progress: string, done: boolean): unknown {
  if (done && error instanceof DatabaseOperationError) {
    error.message += `; ${progress}`;
  }
  return error;
}

/** Deletes the rows that meet a condition, a slice at a time, so that no lock is held for long. */
export function deleteRows<T extends object>(
  executor: Executor,
  operation: string,
  tableOf: (tables: Tables) => Table<T>,
  conditionOf: (table: Table<T>) => Condition,
): Promise<number> {
  return executor.track(operation, async () => {
    for (let deleted = 0; ; ) {
      const slice = await executor
        .run(operation, { idempotent: false }, async ({ tables, dialect, execute }) => {
          const table = tableOf(tables);
          const { text, parameters } = conditionOf(table);
          const keys = table.keyColumns.map((column) => column.name);
          return (await execute(dialect.deleteLimited(table.name, keys, text, ROWS_PER_DELETE), parameters)).affected;
        })
        .catch((error: unknown) => {
          throw withProgress(error, `${deleted} rows were deleted before, and calling again is safe`, deleted > 0);
        });
      deleted += slice;
      if (slice < ROWS_PER_DELETE) {
        return deleted;
      }
      await executor.turn?.();
    }
  });
}
