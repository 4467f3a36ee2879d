import { z } from 'zod';
import { flag, object, signal } from './primitives.ts';

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

export const spoolDirectorySchema = z
  .string({ error: 'the path of a directory' })
  .min(1, { error: 'the path of a directory' });

export const retryRefusedSchema = object('the options of retryRefused', { force: flag.optional() });

export const drainOptionsSchema = object('the options of drainSpool', {
  directory: spoolDirectorySchema,
  otherDatabase: flag.optional(),
  setAside: flag.optional(),
  signal,
  onProgress: z
    .custom<NonNullable<DrainOptions['onProgress']>>((value) => typeof value === 'function', { error: 'a function' })
    .optional(),
});
