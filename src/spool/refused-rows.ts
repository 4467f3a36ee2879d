import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { parse } from '../schemas/parse.ts';
import { type RetryRefusedOptions, retryRefusedSchema } from '../schemas/spool-options.schema.ts';
import { requireSpool, withSpoolErrors } from './read-spool.ts';
import { unusableSpool } from './spool-errors.ts';
import { lockSpool, THIS_PROCESS } from './spool-lock.ts';
import {
  holderOf,
  insertPieces,
  inTransaction,
  type KeptRefusal,
  openSpoolFile,
  refusals,
  refusalsToKeep,
  writeNote,
} from './spool-tables.ts';
import { keepsStored, MOST_BYTES, MOST_ROWS, piecesOf } from './spooled-batch.ts';

/**
 * Puts the refused rows of a spool back into its queue, behind all others: for use after the table was repaired.
 * They are stored when the spool is drained next, and never over a candle that was stored meanwhile, which may be a later
 * version, unless `force` is true.
 *
 * @example const rows = await retryRefused('/var/lib/collector/spool');
 * @returns how many rows were put back
 * @throws InvalidInputError when there is no spool in the directory
 * @throws ConfigurationError when a process uses it
 * @throws DatabaseOperationError when its file cannot be used
 */
export async function retryRefused(directory: string, options: RetryRefusedOptions = {}): Promise<number> {
  const { force = false } = parse('retryRefused', retryRefusedSchema, options);
  return changeUnused('retryRefused', directory, async (file) => {
    await putBack(file, force ? refusals(file, 'asc') : refusalsToKeep(file), force);
    return deleteRefused(file);
  });
}

/**
 * Deletes the rows of a spool that the database refused, for good.
 *
 * @example const rows = await discardRefused('/var/lib/collector/spool');
 * @returns how many rows were deleted
 * @throws InvalidInputError when there is no spool in the directory
 * @throws ConfigurationError when a process uses it
 * @throws DatabaseOperationError when its file cannot be used
 */
export function discardRefused(directory: string): Promise<number> {
  return changeUnused('discardRefused', directory, deleteRefused);
}

async function deleteRefused(file: PhysicalConnection): Promise<number> {
  const { affected } = await file.execute('delete from refused', []);
  return Number(affected);
}

/** Puts rows back in batches of one kind. */
async function putBack(file: PhysicalConnection, refused: AsyncIterable<KeptRefusal>, force: boolean): Promise<void> {
  let batch: KeptRefusal[] = [];
  let bytes = 0;
  const put = async (): Promise<void> => {
    const [first] = batch;
    if (first !== undefined) {
      const batchKind = { kind: first.kind, forceUpdate: force && first.forceUpdate };
      const reverse = keepsStored(batchKind);
      const pieces = piecesOf((reverse ? batch.toReversed() : batch).map(({ row }) => row));
      await insertPieces(file, batchKind, reverse ? pieces.toReversed() : pieces, Date.now());
    }
    batch = [];
    bytes = 0;
  };
  for await (const refusal of refused) {
    const { kind, forceUpdate } = batch[0] ?? refusal;
    const fits = batch.length < MOST_ROWS && bytes + refusal.bytes <= MOST_BYTES;
    if (!fits || refusal.kind !== kind || (force && refusal.forceUpdate !== forceUpdate)) {
      await put();
    }
    batch.push(refusal);
    bytes += refusal.bytes;
  }
  await put();
}

/** Changes a spool that no process uses, in one transaction. */
async function changeUnused(
  operation: string,
  directory: string,
  work: (file: PhysicalConnection) => Promise<number>,
): Promise<number> {
  const path = requireSpool(operation, directory);
  return withSpoolErrors(operation, path, async () => {
    const lock = await lockSpool(path);
    if (lock === undefined) {
      throw unusableSpool(operation, 'a spool that no process uses', `${path}, which ${await holderOf(path)} has`);
    }
    try {
      const file = await openSpoolFile(path);
      try {
        // for the error of a process that wants the spool meanwhile; a full disk does not prevent the change
        await writeNote(file, 'holder', THIS_PROCESS).catch(() => undefined);
        return await inTransaction(file, () => work(file));
      } finally {
        file.abort();
      }
    } finally {
      lock.abort();
    }
  });
}
