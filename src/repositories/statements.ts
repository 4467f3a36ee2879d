import type { Turn } from '../async/turns.ts';
import { type Execute, quote } from '../databases/dialect.ts';
import type { Parameter } from '../databases/physical-connection.ts';
import type { Column, Table } from '../entities/table.ts';
import type { Session } from '../executor/session.ts';
import { withProgress } from './write/progress.ts';

/** A condition on columns: text with placeholders and the values for them. */
export interface Condition {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  /** The properties that have one value in all rows that meet it. */
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

/** All comparisons at once, in the order given: that of the key first, so that the key serves them. */
export function where<T extends object>(table: Table<T>, comparisons: readonly Comparison<T>[]): Condition {
  const given = comparisons.filter(([, , value]) => value !== undefined);
  const parts = given.map(([property, operator]) => `${quote(table.column(property).name)} ${operator} ?`);
  return {
    text: parts.length === 0 ? '1 = 1' : parts.join(' and '),
    parameters: given.map(([property, , value]) => table.column(property).encode(value)),
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

/** The statement that reads some columns of the rows that meet a condition. */
export function selectStatement<T extends object>({
  table,
  columns,
  condition,
  order = 'asc',
  limit,
}: Selection<T>): Statement {
  const names = columns.map(({ name }) => quote(name)).join(', ');
  // MariaDB sorts the rows once more where the order names a column that does not vary
  const varying = table.keyColumns.filter(({ property }) => !condition.fixed.has(property));
  const keys = varying.map(({ name }) => `${quote(name)} ${order}`).join(', ');
  const sql = `select ${names} from ${quote(table.name)} where ${condition.text} order by ${keys}`;
  return limit === undefined
    ? { sql, parameters: condition.parameters }
    : { sql: `${sql} limit ?`, parameters: [...condition.parameters, limit] };
}

/** Counts the rows that meet a condition. */
export async function countRows<T extends object>(
  execute: Execute,
  table: Table<T>,
  condition: Condition,
): Promise<number> {
  const { rows } = await execute(
    `select count(*) as count from ${quote(table.name)} where ${condition.text}`,
    condition.parameters,
  );
  return Number(rows[0]?.['count']);
}

const ROWS_PER_DELETE = 5_000;

/** Deletes the rows that meet a condition, a slice at a time, so that no lock is held for long. */
export async function deleteRows<T extends object>(
  runSlice: (work: (session: Session) => Promise<number>) => Promise<number>,
  tableOf: (session: Session) => Table<T>,
  conditionOf: (table: Table<T>) => Condition,
  turn?: Turn,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const slice = await runSlice(async (session) => {
      const table = tableOf(session);
      const condition = conditionOf(table);
      const keys = table.keyColumns.map((column) => column.name);
      const statement = session.dialect.deleteLimited(table.name, keys, condition.text, ROWS_PER_DELETE);
      return (await session.execute(statement, condition.parameters)).affected;
    }).catch((error: unknown) => {
      throw withProgress(error, `${deleted} rows were deleted before, and calling again is safe`, deleted > 0);
    });
    deleted += slice;
    if (slice < ROWS_PER_DELETE) {
      return deleted;
    }
    await turn?.();
  }
}
