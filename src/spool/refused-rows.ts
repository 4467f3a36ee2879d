import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { parse } from '../schemas/parse.ts';
import { retryRefusedSchema } from '../schemas/spool-options.schema.ts';
import { requireSpool, translated } from './read-spool.ts';
import { unusableSpool } from './spool-errors.ts';
import { lockSpool } from './spool-lock.ts';
import { holderOf, insertPieces, openSpoolFile, refusalAfter } from './spool-tables.ts';
import { type BatchKind, piecesOf } from './spooled-batch.ts';

/** How refused rows are put back. */
export interface RetryRefusedOptions {
  /** Writes them as their writers would have, over what is stored since. @default false: a stored candle is kept */
  readonly force?: boolean | undefined;
}

/**
 * Puts the rows of a spool that the database refused back into its queue, behind all others: for when the
 * table is mended. They are stored when the spool is drained next, and never over a candle that was stored
 * meanwhile, which may be a later version, unless `force` says so.
 *
 * @example const rows = await retryRefused('/var/lib/collector/spool');
 * @returns how many rows were put back
 * @throws InvalidInputError when there is no spool in the directory
 * @throws ConfigurationError when a process uses it
 * @throws DatabaseOperationError when its file cannot be used
 */
export async function retryRefused(directory: string, options: RetryRefusedOptions = {}): Promise<number> {
  const { force = false } = parse('retryRefused', retryRefusedSchema, options);
  return change('retryRefused', directory, async (file) => {
    const runs = await runsOf(file, force);
    // of several versions of a candle that is not stored the first one put back stands: that is to be the last
    for (const { batchKind, rows } of force ? runs : runs.toReversed()) {
      await insertPieces(file, batchKind, piecesOf(rows), Date.now());
    }
    await file.execute('delete from refused', []);
    return runs.reduce((sum, { rows }) => sum + rows.length, 0);
  });
}

/**
 * Drops the rows of a spool that the database refused, for good.
 *
 * @example const rows = await discardRefused('/var/lib/collector/spool');
 * @returns how many rows were dropped
 * @throws InvalidInputError when there is no spool in the directory
 * @throws ConfigurationError when a process uses it
 * @throws DatabaseOperationError when its file cannot be used
 */
export function discardRefused(directory: string): Promise<number> {
  return change('discardRefused', directory, async (file) => {
    const { affected } = await file.execute('delete from refused', []);
    return Number(affected);
  });
}

/** The refused rows in their order, those of one batchKind together. */
async function runsOf(file: PhysicalConnection, force: boolean): Promise<{ batchKind: BatchKind; rows: unknown[] }[]> {
  const runs: { batchKind: BatchKind; rows: unknown[] }[] = [];
  for (let id = 0; ; ) {
    const refusal = await refusalAfter(file, id);
    if (refusal === undefined) {
      return runs;
    }
    const { kind, row } = refusal;
    const forceUpdate = force && refusal.forceUpdate;
    const last = runs.at(-1);
    if (last?.batchKind.kind === kind && last.batchKind.forceUpdate === forceUpdate) {
      last.rows.push(row);
    } else {
      runs.push({ batchKind: { kind, forceUpdate }, rows: [row] });
    }
    id = refusal.id;
  }
}

/** Changes a spool that no process uses, wholly or not at all. */
async function change(
  operation: string,
  directory: string,
  work: (file: PhysicalConnection) => Promise<number>,
): Promise<number> {
  const path = requireSpool(operation, directory);
  return translated(operation, path, async () => {
    const lock = await lockSpool(path);
    if (lock === undefined) {
      throw unusableSpool(operation, 'a spool that no process uses', `${path}, which ${await holderOf(path)} has`);
    }
    try {
      const file = await openSpoolFile(path);
      try {
        await file.execute('begin immediate', []);
        const rows = await work(file);
        await file.execute('commit', []);
        return rows;
      } finally {
        // undoes what was not committed
        file.abort();
      }
    } finally {
      lock.abort();
    }
  });
}
