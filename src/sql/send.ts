import type { EncodedValues } from '../databases/raw-sql-dialect.ts';
import type { QueryOutcome, ResultColumn, RowSink, SqlValue } from '../databases/row-sink.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { RawSqlConnection, Session, Tables } from '../executor/session.ts';
import { inRow, type SqlCall } from '../schemas/sql-call.schema.ts';
import { buildStatement, type RawStatement } from './statement.ts';

/** A row by the names of its columns. */
export type SqlRow = Record<string, SqlValue>;

/** Rows, and the names of their columns, which are known even where there are no rows. */
export type SqlRows<Row> = Row[] & { readonly columns: readonly string[] };

/** Makes a row, as the caller gets it, of its values. */
export type RowMaker = (values: readonly SqlValue[]) => unknown;

/** Drops rows, where a statement can have none that matter. @internal */
export const NO_ROWS: RowSink = { columns: () => undefined, row: () => true };

/**
 * Sends a statement. Its connection is reset afterwards unless the statement cannot have changed the session.
 *
 * @param options.slow whether the rows may be taken slowly: the session is first set to wait for their reader
 * @internal
 */
export function send(
  session: Session,
  { text, sql, parameters, leavesSessionClean }: RawStatement,
  sink: RowSink,
  options = { slow: false },
): Promise<QueryOutcome> {
  return onConnection(
    session,
    async (connection) => {
      if (!leavesSessionClean) {
        connection.markDirty();
      }
      for (const statement of options.slow ? session.dialect.rawSql.beforeStreaming : []) {
        await connection.query(statement, statement, [], NO_ROWS);
      }
      return connection.query(text, sql, parameters, sink);
    },
    options,
  );
}

/** Does work with the caller's statements on one connection. @internal */
export async function onConnection<T>(
  session: Session,
  work: (connection: RawSqlConnection) => Promise<T>,
  options?: { readonly slow: boolean },
): Promise<T> {
  try {
    return await session.withConnection(work, options);
  } catch (error) {
    throw error instanceof DatabaseOperationError ? error : withForeignNames(error, session);
  }
}

/** Sends a statement once for each row of values, on one connection. @internal */
export function executeMany(
  operation: string,
  session: Session,
  calls: readonly SqlCall[],
): Promise<{ readonly affectedRows: number; readonly warnings: number }> {
  const statements = calls.map((call, row) => {
    try {
      return buildStatement(operation, call, session);
    } catch (error) {
      throw inRow(operation, row, error);
    }
  });
  return onConnection(session, async (connection) => {
    connection.markDirty();
    const total = { affectedRows: 0, warnings: 0 };
    const sink = noRows(operation, 'Nothing was stored');
    for (const { text, sql, parameters } of statements) {
      const { affected, warnings } = await connection.query(text, sql, parameters, sink);
      total.affectedRows += affected;
      total.warnings += warnings;
    }
    return total;
  });
}

/**
 * The names of a result's columns, and the function that makes its rows: lists, or objects.
 *
 * @throws InvalidInputError when two columns have the same name, since an object would lose one of them
 * @internal
 */
export function rowMaker(
  operation: string,
  columns: readonly ResultColumn[],
  asArray: boolean,
  { dialect, tables }: Pick<Session, 'tables' | 'dialect'>,
): { readonly names: readonly string[]; readonly makeRow: RowMaker } {
  const { encodedValues } = dialect.rawSql;
  const names = columns.map(({ name }) => encodedValues?.plainName(name) ?? name);
  const decoders = encodedValues && columns.map((column) => decoderOf(column, tables, encodedValues));
  const decoded: (values: readonly SqlValue[]) => readonly SqlValue[] =
    decoders === undefined
      ? (values) => values
      : (values) => values.map((value, index) => (decoders[index] as (value: SqlValue) => SqlValue)(value));
  if (asArray) {
    return { names, makeRow: decoded };
  }
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length > 0) {
    const expected = 'columns with names of their own (give each an alias, or set rowsAsArray)';
    const received = `several called ${twice.join(', ')}; the statement was run`;
    throw new InvalidInputError(operation, [{ path: 'text', expected, received }], 'Its rows were not read');
  }
  const makeRow: RowMaker = (values) => {
    const row = decoded(values);
    // not by assignment: a column may be called __proto__
    return Object.fromEntries(names.map((name, index) => [name, row[index]]));
  };
  return { names, makeRow };
}

/**
 * Where the database stores instants and decimals in a form of its own, the column that a value comes from tells how
 * to decode it.
 */
function decoderOf(
  { table, column }: ResultColumn,
  tables: Tables,
  encodedValues: EncodedValues,
): (value: SqlValue) => SqlValue {
  if (table === undefined) {
    return encodedValues.read;
  }
  const known = Object.values(tables)
    .find(({ name }) => name === table)
    ?.columns.find(({ name }: { readonly name: string }) => name === column);
  return known?.kind === 'instant' || known?.kind === 'decimal'
    ? (value) => known.decode(value) as SqlValue
    : (value) => value;
}

/** Refuses the rows of a statement that should have none. @param outcome what became of the statement @internal */
export function noRows(operation: string, outcome: string): RowSink {
  return {
    columns: () => {
      const expected = 'a statement without rows (use query)';
      throw new InvalidInputError(
        operation,
        [{ path: 'text', expected, received: 'a statement that has rows' }],
        outcome,
      );
    },
    row: () => true,
  };
}

/** Marks an error that names none of the library's tables and columns, since no migration would create what it names. */
function withForeignNames(error: unknown, { tables }: Pick<Session, 'tables'>): unknown {
  if (typeof error !== 'object' || error === null) {
    return error;
  }
  const message = String((error as { readonly message?: unknown }).message);
  const named = Array.from(message.matchAll(/'([^']+)'|: ([\w.]+)$/g), ([, quoted, bare]) => quoted ?? bare ?? '');
  const ours = new Set(
    Object.values(tables).flatMap(({ name, columns }) => [
      name,
      ...columns.map((column: { readonly name: string }) => column.name),
    ]),
  );
  const isOurs = named.some((name) => ours.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase()));
  return isOurs ? error : Object.assign(error, { foreignNames: true });
}
