import { z } from 'zod';
import { flag, objectError } from './primitives.ts';

/** Which spool to drain, and how. */
export interface DrainOptions {
  readonly directory: string;
  /** Also drains rows that were spooled for another database, or for this one under another name. @default false */
  readonly otherDatabase?: boolean | undefined;
  /**
   * Sets rows aside that the database refuses, even if it accepts no row at all. By default they then stay in the
   * queue, since the table may be at fault. @default false
   */
  readonly setAside?: boolean | undefined;
  /** Stops draining after the batch in flight. */
  readonly signal?: AbortSignal | undefined;
  /** Called with how many rows are drained, of how many. */
  readonly onProgress?: ((drained: number, rows: number) => void) | undefined;
}

/** How refused rows are put back. */
export interface RetryRefusedOptions {
  /** Writes them as their writers would have, over what is stored since. @default false: a stored candle is kept */
  readonly force?: boolean | undefined;
}

/** Checks the path of a spool. */
export const spoolDirectorySchema: z.ZodType<string, unknown> = z
  .string({ error: 'the path of a directory' })
  .min(1, { error: 'the path of a directory' });

/** Checks the options of `retryRefused`. */
export const retryRefusedSchema: z.ZodType<RetryRefusedOptions, unknown> = z.strictObject(
  { force: flag.optional() },
  { error: objectError('the options of retryRefused') },
);

/** Checks the options of `drainSpool`. */
export const drainOptionsSchema: z.ZodType<DrainOptions, unknown> = z.strictObject(
  {
    directory: spoolDirectorySchema,
    otherDatabase: flag.optional(),
    setAside: flag.optional(),
    signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
    onProgress: z
      .custom<NonNullable<DrainOptions['onProgress']>>((value) => typeof value === 'function', { error: 'a function' })
      .optional(),
  },
  { error: objectError('the options of drainSpool') },
);
