import { ConfigurationError } from '../errors/configuration-error.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { formatIssue, type Issue } from '../errors/issue.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import { classifyError, translateError } from '../errors/translate-error.ts';

const SQLITE_FULL = 13;
/** The file is not any more where it was opened. Source: sqlite.org/rescode.html */
const SQLITE_READONLY_DBMOVED = 1032;

const REFUSING: ReadonlySet<ErrorKind> = new Set(['constraint', 'duplicate', 'invalid-input', 'unknown']);

/**
 * The error by which the database refused rows, which may be the fault themselves; `undefined` for any other:
 * an outage, a missing table, a changed password or a right taken away, which no row is to blame for.
 */
export function refusalOf(error: unknown): DatabaseOperationError | undefined {
  const failure = translateError(error, { operation: 'spool', attempts: 1, idempotent: true });
  // what nobody knows, and the database did not say, is a fault of the program
  const said = failure.kind !== 'unknown' || failure.errno !== undefined;
  return said && REFUSING.has(failure.kind) ? failure : undefined;
}

/** Whether a spool's file was removed, or another one put in its place, while it was open. */
export function wasRemoved(error: unknown): boolean {
  return (error as { readonly errcode?: unknown } | null)?.errcode === SQLITE_READONLY_DBMOVED;
}

/** Why rows were found faulty, in words. */
export function reasonOf(issues: readonly Issue[]): string {
  return issues.map(formatIssue).join('; ');
}

/** The error of a spool that cannot be used here, with the way out. */
export function unusableSpool(operation: string, expected: string, received: string): ConfigurationError {
  return new ConfigurationError(operation, 'the spool cannot be used', [
    { path: 'spool.directory', expected, received },
  ]);
}

/** The error of a spool's file. */
export function spoolFileError(
  operation: string,
  directory: string,
  maxBytes: number,
  atLimit: boolean,
  cause: unknown,
): DatabaseOperationError {
  const { errcode, code, message } = cause as { errcode?: number; code?: string; message?: string };
  const what = wasRemoved(cause)
    ? `the spool's file in ${directory} was removed or replaced while it was in use; it takes no more rows until those that it holds are drained`
    : errcode !== SQLITE_FULL
      ? `the spool's file in ${directory} cannot be used: ${message ?? String(cause)}; look at the disk and the rights there`
      : atLimit
        ? `the spool in ${directory} is full (maxBytes ${maxBytes}); writers wait until the database takes rows again`
        : `the disk of the spool in ${directory} is full; free room there, or bring the database back`;
  return new DatabaseOperationError(`${operation}: ${what}`, {
    operation,
    kind: errcode === SQLITE_FULL || wasRemoved(cause) ? 'configuration' : classifyError(cause).kind,
    retryable: true,
    code,
    errno: errcode,
    cause,
  });
}
