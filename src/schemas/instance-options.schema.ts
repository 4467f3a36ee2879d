import { z } from 'zod';
import { flag, objectError } from './primitives.ts';

/** Checks the options of `close`. */
export const closeOptionsSchema = z.strictObject(
  { force: flag.optional() },
  { error: objectError('the options of close') },
);

/** Checks the options of `watchHealth`. */
export const watchOptionsSchema = z.strictObject(
  {
    intervalMs: z
      .int({ error: 'a whole number of milliseconds' })
      .min(1, { error: 'at least 1 millisecond' })
      .max(2_147_483_647, { error: 'at most 2147483647 milliseconds' })
      .optional(),
    signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
  },
  { error: objectError('the options of watchHealth') },
);
