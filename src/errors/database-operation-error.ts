import { cutIssue, type Issue } from './issue.ts';
import type { ErrorKind } from './kinds.ts';
import { shownCause } from './shown-fault.ts';

/** What a {@link DatabaseOperationError} is made of. */
export interface ErrorDetails {
  /** The public method that failed: `marketData.upsertCandles`. */
  readonly operation: string;
  readonly kind: ErrorKind;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable?: boolean;
  /** How many times it was tried; 0 when nothing was sent. */
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
 * The message says what failed, why, and what to do next. Neither it nor the `cause`, the driver's own error, holds
 * a password, a statement or a value that is stored; of input that was refused it shows an excerpt. What a database
 * quotes and may be a value is shown as `?`. `JSON.stringify()` shows all of it but the `cause` and the stack.
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
    // the message is no field of its own that JSON would find
    return { ...this, message: this.message };
  }
}

/** True for every error this library throws. */
export function isDatabaseOperationError(error: unknown): error is DatabaseOperationError {
  return error instanceof DatabaseOperationError;
}
