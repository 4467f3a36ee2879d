import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import type { RetryPolicy } from './retry.ts';

/** An attempt that failed and is about to be made again: what `retry.onRetry` is told. */
export interface RetryEvent {
  /** The public name of what is tried again: `marketData.upsertCandles`, `connect`. */
  readonly operation: string;
  readonly kind: ErrorKind;
  /** Whose patience it costs: that for contention or that for an outage. */
  readonly budget: keyof RetryPolicy;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How long it waits before the next one, in milliseconds. */
  readonly delayMs: number;
  /** Why it failed. */
  readonly error: DatabaseOperationError;
}

/** Who is told of repetitions. */
export type RetryListener = (event: RetryEvent) => void;

/** A listener whose failures stay its own, also those of a promise that it returns. */
export function guardedListener(listener: RetryListener, failed: (error: unknown) => void): RetryListener {
  return (event) => {
    (async () => listener(event))().catch(failed);
  };
}
