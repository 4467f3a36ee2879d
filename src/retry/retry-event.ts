import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import type { RetryPolicy } from './retry.ts';

/** A failed attempt that is about to be retried: the argument of `retry.onRetry`. */
export interface RetryEvent {
  /** The public name of the operation: `marketData.upsertCandles`, `connect`. */
  readonly operation: string;
  readonly kind: ErrorKind;
  /** The budget that is charged: `contention` or `outage`. */
  readonly budget: keyof RetryPolicy;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The delay before the next attempt, in milliseconds. */
  readonly delayMs: number;
  /** Why it failed. */
  readonly error: DatabaseOperationError;
}

/** Called before each retry. */
export type RetryListener = (event: RetryEvent) => void;

/** A listener that never throws. `failed` gets its errors, including those of a promise that it returns. */
export function guardedListener(listener: RetryListener, failed: (error: unknown) => void): RetryListener {
  return (event) => {
    (async () => listener(event))().catch(failed);
  };
}
