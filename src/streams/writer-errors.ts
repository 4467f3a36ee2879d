import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';

/** The same error for the writer: it says how many rows the writer still holds. */
export function withUnwritten(operation: string, error: DatabaseOperationError, rows: number): DatabaseOperationError {
  // a copy, since several operations may have failed with this error: by one attempt to connect, for example
  return new DatabaseOperationError(`${error.message}${unwritten(rows)}`, { ...error, operation, cause: error });
}

/** The error of a `flush()` whose rows were dropped by `destroy()`. */
export function destroyedError(operation: string, rows: number): DatabaseOperationError {
  return new DatabaseOperationError(`${operation}: the writer was destroyed${unwritten(rows)}`, {
    operation,
    kind: 'closed',
  });
}

/** The error of a faulty row when nobody listens for `'rejected'`. */
export function notListenedError(operation: string, issues: readonly Issue[], rows: number): InvalidInputError {
  const advice = "listen for 'rejected' to receive such rows and continue with the others";
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
  return `; ${rows} ${rows === 1 ? 'row is' : 'rows are'} not known to be stored and can be read from \`unwritten\``;
}
