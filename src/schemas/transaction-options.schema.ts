import { z } from 'zod';
import { flag, object, signal, whole } from './primitives.ts';

const ISOLATION_LEVELS = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const;

/** How a transaction is run. */
export interface TransactionOptions {
  /** SQLite is always serializable. @default `repeatable read` */
  readonly isolationLevel?: (typeof ISOLATION_LEVELS)[number] | undefined;
  /** Refuses every write. @default false */
  readonly readOnly?: boolean | undefined;
  /**
   * How many times the transaction is run again at most, whatever went wrong; 0 for never.
   * @default as many as the `retry` settings allow
   */
  readonly retries?: number | undefined;
  /**
   * When aborted, the transaction is rolled back, unless its commit was sent already, and the signal's reason is thrown.
   * A running statement is waited for.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How a two-phase transaction is run. */
export type TwoPhaseOptions = Omit<TransactionOptions, 'readOnly'>;

export const twoPhaseOptionsSchema = object('the options of a transaction', {
  isolationLevel: z.enum(ISOLATION_LEVELS, { error: `one of ${ISOLATION_LEVELS.join(', ')}` }).optional(),
  retries: whole(0, 1_000_000, ' of further attempts').optional(),
  signal,
});

export const transactionOptionsSchema = twoPhaseOptionsSchema.extend({ readOnly: flag.optional() });
