import { DatabaseOperationError, type ErrorDetails } from './database-operation-error.ts';

interface ConflictDetails extends Pick<ErrorDetails, 'retryable' | 'cause'> {
  readonly expected?: number | undefined;
  readonly actual?: number | undefined;
}

/** The row was changed since it was read: read it again and decide again. */
export class ConflictError extends DatabaseOperationError {
  override readonly name = 'ConflictError';
  /** The version that the caller expected, if one was given. */
  readonly expectedVersion: number | undefined;
  /** The stored version, if it is known. */
  readonly actualVersion: number | undefined;

  constructor(operation: string, message: string, { expected, actual, ...details }: ConflictDetails = {}) {
    super(`${operation}: ${message}`, { operation, kind: 'conflict', attempts: 1, ...details });
    this.expectedVersion = expected;
    this.actualVersion = actual;
  }
}

/** True for an error that kept a concurrent change from being overwritten. */
export function isConflictError(error: unknown): error is ConflictError {
  return error instanceof ConflictError;
}
