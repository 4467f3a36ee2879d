import { z } from 'zod';
import { flag, object } from './primitives.ts';

/**
 * What happens to a stored candle: `false` keeps it, `true` overwrites it, and
 * `'unless-closed'` overwrites it except that an open candle never replaces a closed one.
 */
export type ForceUpdate = boolean | 'unless-closed';

export const upsertOptionsSchema = object('the options of a write', {
  forceUpdate: z.union([flag, z.literal('unless-closed')], { error: "true, false or 'unless-closed'" }).optional(),
  atomic: flag.optional(),
});

export const forceUpdateSchema = upsertOptionsSchema.shape.forceUpdate;
export const insertOptionsSchema = object('the options of a write', { atomic: flag.optional() });
