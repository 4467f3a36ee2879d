import type { QueryOutcome, RowSink } from '../databases/row-sink.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Session } from '../executor/session.ts';
import { SameNames } from './rows.ts';
import type { CallerStatement } from './statement.ts';

/** Sends a statement of a caller's own, on a connection that is reset afterwards unless nothing can be left of it. */
export async function send(
  operation: string,
  session: Session,
  { text, sql, parameters, leavesSessionClean }: CallerStatement,
  sink: RowSink,
  { slow = false }: { readonly slow?: boolean } = {},
): Promise<QueryOutcome> {
  const { beforeStreaming } = session.dialect.callerStatements;
  try {
    return await session.withConnection(
      async (connection) => {
        if (!leavesSessionClean) {
          connection.markDirty();
        }
        for (const statement of slow ? beforeStreaming : []) {
          await connection.query(statement, statement, [], { columns: () => undefined, row: () => true });
        }
        return await connection.query(text, sql, parameters, sink);
      },
      { slow },
    );
  } catch (error) {
    throw error instanceof SameNames ? sameNames(operation, error) : withForeignNames(error, session);
  }
}

/** Takes the answer of a statement that has no rows, and refuses any other. @param outcome what became of it */
export function noRows(operation: string, outcome: string): RowSink {
  return {
    columns: () => {
      const issue = {
        path: 'text',
        expected: 'a statement without rows (use query)',
        received: 'a statement that has rows',
      };
      throw new InvalidInputError(operation, [issue], outcome);
    },
    row: () => true,
  };
}

/** Says of a failure that what it names is none of the library's tables and columns, so that no migration makes it. */
export function withForeignNames(error: unknown, { tables }: Pick<Session, 'tables'>): unknown {
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

/** Says which columns an object cannot hold side by side. */
export function sameNames(operation: string, { names }: SameNames): InvalidInputError {
  const expected = 'columns with names of their own (give each an alias, or set rowsAsArray)';
  const received = `several called ${names.join(', ')}; the statement was run`;
  return new InvalidInputError(operation, [{ path: 'text', expected, received }], 'Its rows were not read');
}
