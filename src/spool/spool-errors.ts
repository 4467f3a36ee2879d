import { ConfigurationError } from '../errors/configuration-error.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { classifyError } from '../errors/translate-error.ts';

const SQLITE_FULL = 13;

/**
 * Whether the database refused rows for what they are, which a spool would only put off. All else is for the
 * spool: an outage, and also a missing table, a changed password or a right taken away, since the rows are as
 * good as they were.
 */
export function isRowsFault(error: unknown): boolean {
  const { kind } = classifyError(error);
  return kind === 'constraint' || kind === 'duplicate' || kind === 'invalid-input';
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
  const what =
    errcode !== SQLITE_FULL
      ? `the spool's file in ${directory} cannot be used: ${message ?? String(cause)}; look at the disk and the rights there`
      : atLimit
        ? `the spool in ${directory} is full (maxBytes ${maxBytes}); writers wait until the database takes rows again`
        : `the disk of the spool in ${directory} is full; free room there, or bring the database back`;
  return new DatabaseOperationError(`${operation}: ${what}`, {
    operation,
    kind: errcode === SQLITE_FULL ? 'configuration' : classifyError(cause).kind,
    retryable: true,
    code,
    errno: errcode,
    cause,
  });
}
