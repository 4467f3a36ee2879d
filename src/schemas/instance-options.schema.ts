import { flag, object, signal, timerMs } from './primitives.ts';

export const closeOptionsSchema = object('the options of close', { force: flag.optional() });
export const watchOptionsSchema = object('the options of watchHealth', { intervalMs: timerMs.optional(), signal });
