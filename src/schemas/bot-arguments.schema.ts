import { z } from 'zod';
import { instant, object, unsignedInt } from './primitives.ts';

export type { InstantInput } from './primitives.ts';

export const updateOptionsSchema = object('the options of an update', {
  expectedVersion: unsignedInt.min(1, { error: 'a version, 1 or more' }).optional(),
});

export const changeSchema = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', {
  error: 'a function of the bot that returns its changes',
});

export const heartbeatSchema = instant.optional();

const LONGEST_AGE_MS = 100 * 365 * 24 * 3_600_000;

/** Checks the age after which a bot counts as stale. */
export const staleSchema = z
  .number({ error: 'a number of milliseconds' })
  .min(0, { error: 'a number of milliseconds that is not negative' })
  .max(LONGEST_AGE_MS, { error: 'a number of milliseconds of at most a hundred years' });
