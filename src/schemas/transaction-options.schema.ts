import { z } from 'zod';
import { objectError } from './candle.schema.ts';
import { flag } from './primitives.ts';

const ISOLATION_LEVELS = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const;

/** How a transaction sees the others. */
export interface TransactionOptions {
  /** SQLite is always serializable. @default the server's own, `repeatable read` unless configured otherwise */
  readonly isolationLevel?: (typeof ISOLATION_LEVELS)[number] | undefined;
  /** Refuses every write in it. @default false */
  readonly readOnly?: boolean | undefined;
}

/** Checks {@link TransactionOptions}. */
export const transactionOptionsSchema = z.strictObject(
  {
    isolationLevel: z.enum(ISOLATION_LEVELS, { error: `one of ${ISOLATION_LEVELS.join(', ')}` }).optional(),
    readOnly: flag.optional(),
  },
  { error: objectError('the options of a transaction') },
);
