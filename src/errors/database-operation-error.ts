import { cutIssue, type Issue } from './issue.ts';
import type { ErrorKind } from './kinds.ts';
import { shownCause } from './shown-fault.ts';

/** The fields of a {@link DatabaseOperationError}. */
export interface ErrorDetails {
  /** The public method that failed: `marketData.upsertCandles`. */
  readonly operation: string;
  readonly kind: ErrorKind;
  /** Whether the same call may succeed if it is repeated. */
  readonly retryable?: boolean;
  /** The number of attempts; 0 if nothing was sent. */
  readonly attempts?: number;
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly sqlState?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  readonly cause?: unknown;
}

/**
 * The one error this library throws. Branch on `kind`, or on a guard such as `isConflictError`.
 *
 * @example
 * ```ts
 * try {
 *   await db.bots.add(bot);
 * } catch (error) {
 *   if (isDatabaseOperationError(error) && error.kind === 'duplicate') return;
 *   throw error;
 * }
 * ```
 *
 * The message says what failed, why, and what to do next. Neither the message nor the `cause`, which is the driver's
 * error, contains a password, a statement or a stored value; refused input is shown as an excerpt. Where a database
 * quotes what may be a value, it is replaced by `?`. `JSON.stringify()` includes all but the `cause` and the stack.
 */
export class DatabaseOperationError extends Error {
  override readonly name: string = 'DatabaseOperationError';
  readonly operation: string;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly attempts: number;
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  readonly issues: readonly Issue[];

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: shownCause(details.cause) });
    this.operation = details.operation;
    this.kind = details.kind;
    this.retryable = details.retryable ?? false;
    this.attempts = details.attempts ?? 0;
    this.code = details.code;
    this.errno = details.errno;
    this.sqlState = details.sqlState;
    this.issues = (details.issues ?? []).map(cutIssue);
  }

  /** What `JSON.stringify()` shows: everything but the `cause` and the stack. */
  toJSON(): object {
    // JSON does not include the message, which is not enumerable
    return { ...this, message: this.message };
  }
}

/** True for every error this library throws. */
export function isDatabaseOperationError(error: unknown): error is DatabaseOperationError {
  return error instanceof DatabaseOperationError;
}
