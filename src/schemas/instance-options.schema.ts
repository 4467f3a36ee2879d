import { flag, object, signal, timerMs } from './primitives.ts';

/** Checks the options of `close`. */
export const closeOptionsSchema = object('the options of close', { force: flag.optional() });

/** Checks the options of `watchHealth`. */
export const watchOptionsSchema = object('the options of watchHealth', { intervalMs: timerMs.optional(), signal });
