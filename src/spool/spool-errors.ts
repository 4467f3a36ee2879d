import { ConfigurationError } from '../errors/configuration-error.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { formatIssue, type Issue } from '../errors/issue.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import { classifyError, translateError } from '../errors/translate-error.ts';

const SQLITE_FULL = 13;
/** The file is no longer where it was opened. Source: sqlite.org/rescode.html */
const SQLITE_READONLY_DBMOVED = 1032;

const REFUSING: ReadonlySet<ErrorKind> = new Set(['constraint', 'duplicate', 'invalid-input', 'unknown']);

/**
 * The error with which the database refused rows, if the rows themselves may be the reason. `undefined` for any
 * other error, which no row causes: an outage, a missing table, a changed password, a revoked privilege.
 */
export function refusalOf(error: unknown): DatabaseOperationError | undefined {
  const failure = translateError(error, { operation: 'spool', attempts: 1, idempotent: true });
  // an unknown error without a number is not the database's, but a bug of the program
  const fromDatabase = failure.kind !== 'unknown' || failure.errno !== undefined;
  return fromDatabase && REFUSING.has(failure.kind) ? failure : undefined;
}

/** Whether a spool's file was removed or replaced while it was open. */
export function wasRemoved(error: unknown): boolean {
  return (error as { readonly errcode?: unknown } | null)?.errcode === SQLITE_READONLY_DBMOVED;
}

/** The issues of a faulty row as one text. */
export function reasonOf(issues: readonly Issue[]): string {
  return issues.map(formatIssue).join('; ');
}

/** The error of a spool that this process or instance cannot use, with what to do. */
export function unusableSpool(operation: string, expected: string, received: string): ConfigurationError {
  return new ConfigurationError(operation, 'the spool cannot be used', [
    { path: 'spool.directory', expected, received },
  ]);
}

/** Translates an error of a spool's file. Errors of ours stay as they are. */
export function spoolFileError(
  operation: string,
  directory: string,
  cause: unknown,
  reachedMaxBytes?: number,
): DatabaseOperationError {
  if (cause instanceof DatabaseOperationError) {
    return cause;
  }
  const { errcode, code, message } = cause as { errcode?: number; code?: string; message?: string };
  const lasting = errcode === SQLITE_FULL || wasRemoved(cause);
  return new DatabaseOperationError(
    `${operation}: ${describe(directory, errcode, message ?? String(cause), reachedMaxBytes)}`,
    {
      operation,
      kind: lasting ? 'configuration' : classifyError(cause).kind,
      retryable: true,
      code,
      errno: errcode,
      cause,
    },
  );
}

function describe(
  directory: string,
  errcode: number | undefined,
  message: string,
  reachedMaxBytes: number | undefined,
): string {
  if (errcode === SQLITE_READONLY_DBMOVED) {
    return `the spool's file in ${directory} was removed or replaced while it was open; it takes no more rows until those in it are drained`;
  }
  if (errcode !== SQLITE_FULL) {
    return `the spool's file in ${directory} cannot be used: ${message}; check the disk and the permissions there`;
  }
  return reachedMaxBytes === undefined
    ? `the disk of the spool in ${directory} is full; free space there, or bring the database back`
    : `the spool in ${directory} is full (maxBytes ${reachedMaxBytes}); writers wait until the database takes rows again`;
}
