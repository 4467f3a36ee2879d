import type { QueryOutcome, RowSink } from '../databases/row-sink.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { RawSqlConnection, Session } from '../executor/session.ts';
import type { RawStatement } from './statement.ts';

/** Drops rows, where a statement can have none that matter. */
export const NO_ROWS: RowSink = { columns: () => undefined, row: () => true };

/**
 * Sends a statement. Its connection is reset afterwards unless the statement cannot have changed the session.
 *
 * @param options.slow whether the rows may be taken slowly: the session is first set to wait for their reader
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

/** Does work with the caller's statements on one connection. */
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

/** Refuses the rows of a statement that should have none. @param outcome what became of the statement */
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
