import { DatabaseOperationError } from './database-operation-error.ts';

/** The row was changed by somebody else since it was read: read it again and decide anew. */
export class ConflictError extends DatabaseOperationError {
  override readonly name = 'ConflictError';
  /** The version the caller expected, where one was given. */
  readonly expectedVersion: number | undefined;
  /** The version that is stored, where it is known. */
  readonly actualVersion: number | undefined;

  constructor(
    operation: string,
    message: string,
    {
      expected,
      actual,
      ...details
    }: {
      expected?: number | undefined;
      actual?: number | undefined;
      retryable?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(`${operation}: ${message}`, { operation, kind: 'conflict', attempts: 1, ...details });
    this.expectedVersion = expected;
    this.actualVersion = actual;
  }
}

/** True where a concurrent change was kept from being overwritten. */
export function isConflictError(error: unknown): error is ConflictError {
  return error instanceof ConflictError;
}
