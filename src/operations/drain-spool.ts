import { resolve } from 'node:path';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { parse } from '../schemas/parse.ts';
import { type DrainOptions, drainOptionsSchema } from '../schemas/spool-options.schema.ts';
import { DEFAULT_SPOOL_BYTES } from '../schemas/writer-options.schema.ts';
import { hasSpool } from '../spool/spool-tables.ts';
import type { OpenSpools } from './open-spools.ts';

const OPERATION = 'drainSpool';
/** Changes are told; this is for nothing but the case that one is missed. */
const LOOK_AGAIN_MS = 1_000;

/** What draining a spool did. */
export interface DrainReport {
  /** Rows that were stored, or found stored. */
  readonly drained: number;
  /** Rows that the database would not take for what they are; they stay in the spool's file. */
  readonly refused: number;
  /** Rows that are left, since it was told to stop. */
  readonly left: number;
}

/** Drains a spool until it is empty, it is told to stop, or the database does not take its rows. @internal */
export async function drainSpool(spools: OpenSpools, options: DrainOptions, ended: AbortSignal): Promise<DrainReport> {
  const { directory, otherDatabase, signal = ended, onProgress } = parse(OPERATION, drainOptionsSchema, options);
  const path = resolve(directory);
  if (!hasSpool(path)) {
    const expected = 'a directory with a spool';
    throw new InvalidInputError(OPERATION, [{ path: 'directory', expected, received: `${path}, which has none` }]);
  }
  const stop = AbortSignal.any([signal, ended]);
  const spool = spools.at(OPERATION, { directory: path, maxBytes: DEFAULT_SPOOL_BYTES, otherDatabase });
  await spool.opened;
  const before = spool.state;
  spool.start();
  while (!spool.empty && !stop.aborted) {
    await spool.changed(LOOK_AGAIN_MS, stop);
    const { rows, error } = spool.state;
    if (error !== null && !stop.aborted) {
      throw error;
    }
    onProgress?.(before.rows - rows, before.rows);
  }
  const { rows: left, refused } = spool.state;
  const newlyRefused = refused - before.refused;
  return { drained: Math.max(0, before.rows - left - newlyRefused), refused: newlyRefused, left };
}
