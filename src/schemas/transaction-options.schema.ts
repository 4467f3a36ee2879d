import { z } from 'zod';
import { flag, objectError } from './primitives.ts';

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

const common = {
  isolationLevel: z.enum(ISOLATION_LEVELS, { error: `one of ${ISOLATION_LEVELS.join(', ')}` }).optional(),
  retries: z
    .int({ error: 'a whole number of further attempts' })
    .min(0, { error: 'a number of attempts that is not negative' })
    .max(1_000_000, { error: 'at most 1000000' })
    .optional(),
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
};
const error = objectError('the options of a transaction');

/** Checks {@link TransactionOptions}. */
export const transactionOptionsSchema = z.strictObject({ ...common, readOnly: flag.optional() }, { error });

/** Checks {@link TwoPhaseOptions}. */
export const twoPhaseOptionsSchema = z.strictObject(common, { error });
