import { z } from 'zod';
import { objectError } from './candle.schema.ts';
import { flag } from './primitives.ts';

/** Checks the options of `upsertCandles`. */
export const upsertOptionsSchema = z.strictObject(
  {
    forceUpdate: z.union([flag, z.literal('unless-closed')], { error: "true, false or 'unless-closed'" }).optional(),
    atomic: flag.optional(),
  },
  { error: objectError('the options of a write') },
);

/** Checks the second parameter of `upsertCandle`. */
export const forceUpdateSchema = upsertOptionsSchema.shape.forceUpdate;

/** Checks the options of `insertMany`. */
export const insertOptionsSchema = z.strictObject(
  { atomic: flag.optional() },
  { error: objectError('the options of a write') },
);
