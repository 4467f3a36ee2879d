import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Session } from '../executor/session.ts';
import type { SqlCall } from '../schemas/sql-call.schema.ts';
import { noRows, onConnection } from './send.ts';
import { buildStatement } from './statement.ts';

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
      throw error instanceof InvalidInputError ? inRow(operation, row, error) : error;
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

/** Puts the faults of a row's values under the row. */
function inRow(operation: string, row: number, { issues }: InvalidInputError): InvalidInputError {
  return new InvalidInputError(
    operation,
    issues.map((issue) => (issue.path.startsWith('values') ? { ...issue, path: `rows[${row}].${issue.path}` } : issue)),
  );
}
