import { parse } from '../schemas/parse.ts';
import { type DrainOptions, drainOptionsSchema } from '../schemas/spool-options.schema.ts';
import { requireSpool } from './read-spool.ts';
import type { OpenSpools } from './spools.ts';

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
  const {
    directory,
    otherDatabase,
    setAside,
    signal = ended,
    onProgress,
  } = parse(OPERATION, drainOptionsSchema, options);
  const path = requireSpool(OPERATION, directory);
  const stop = AbortSignal.any([signal, ended]);
  return spools.lend(OPERATION, { directory: path, otherDatabase, setAside }, async (spool) => {
    await spool.opened;
    const before = spool.state;
    const storedBefore = spool.stored;
    spool.start();
    while (!stop.aborted) {
      const { rows, error } = spool.state;
      if (error !== null) {
        throw error;
      }
      onProgress?.(before.rows - rows, before.rows);
      if (spool.empty) {
        break;
      }
      await spool.changes.next(LOOK_AGAIN_MS, stop);
    }
    const { rows: left, refused } = spool.state;
    return { drained: spool.stored - storedBefore, refused: refused - before.refused, left };
  });
}
