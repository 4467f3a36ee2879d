import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';

/** The same error, of the writer: it says what became of the rows that it held. */
export function withUnwritten(operation: string, error: DatabaseOperationError, rows: number): DatabaseOperationError {
  const { kind, retryable, attempts, code, errno, sqlState, issues } = error;
  // another one, since several operations may have failed with this one: by one attempt to connect, say
  return new DatabaseOperationError(`${error.message}${unwritten(rows)}`, {
    operation,
    kind,
    retryable,
    attempts,
    code,
    errno,
    sqlState,
    issues,
    cause: error,
  });
}

/** The error of those who wait for rows that were dropped on purpose. */
export function destroyedError(operation: string, rows: number): DatabaseOperationError {
  return new DatabaseOperationError(`${operation}: the writer was destroyed${unwritten(rows)}`, {
    operation,
    kind: 'closed',
  });
}

/** The error of a faulty row that nobody was to be told of. */
export function notListenedError(operation: string, issues: readonly Issue[], rows: number): InvalidInputError {
  const advice = "listen for 'rejected' to be told of such rows and go on with the others";
  return new InvalidInputError(
    operation,
    issues,
    `The row was not stored, and the writer stopped${unwritten(rows)}; ${advice}`,
  );
}

function unwritten(rows: number): string {
  if (rows === 0) {
    return '';
  }
  return `; ${rows} ${rows === 1 ? 'row is' : 'rows are'} not known to be stored and can be had from \`unwritten\``;
}
