import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { parse } from '../schemas/parse.ts';
import { retryRefusedSchema } from '../schemas/spool-options.schema.ts';
import { requireSpool, translated } from './read-spool.ts';
import { unusableSpool } from './spool-errors.ts';
import { HOLDER, lockSpool } from './spool-lock.ts';
import { holderOf, insertPieces, type KeptRefusal, nextRefusal, note, openSpoolFile } from './spool-tables.ts';
import { MOST_BYTES, MOST_ROWS, piecesOf } from './spooled-batch.ts';

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
    if (force) {
      await putBack(file, refusals(file, 'first'), true);
    } else {
      // each keeps what is stored when its turn comes: so the last version goes first, but an open candle never
      // before a closed one that it would not have replaced
      await putBack(
        file,
        refusals(file, 'last', (refusal) => !isOpen(refusal)),
        false,
      );
      await putBack(file, refusals(file, 'last', isOpen), false);
    }
    const { affected } = await file.execute('delete from refused', []);
    return Number(affected);
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

/** The refused rows from the first or from the last on, one at a time: there may be more than memory holds. */
async function* refusals(
  file: PhysicalConnection,
  from: 'first' | 'last',
  wanted: (refusal: KeptRefusal) => boolean = () => true,
): AsyncGenerator<KeptRefusal, void, undefined> {
  let refusal = await nextRefusal(file, from);
  while (refusal !== undefined) {
    if (wanted(refusal)) {
      yield refusal;
    }
    refusal = await nextRefusal(file, from, refusal.id);
  }
}

/** Puts rows back in batches of one kind. Inside a batch the last version of a candle wins. */
async function putBack(file: PhysicalConnection, refused: AsyncIterable<KeptRefusal>, force: boolean): Promise<void> {
  let batch: KeptRefusal[] = [];
  const put = async (): Promise<void> => {
    const [first] = batch;
    if (first !== undefined) {
      const pieces = piecesOf((force ? batch : batch.toReversed()).map(({ row }) => row));
      const batchKind = { kind: first.kind, forceUpdate: force && first.forceUpdate };
      await insertPieces(file, batchKind, force ? pieces : pieces.toReversed(), Date.now());
    }
    batch = [];
  };
  let bytes = 0;
  for await (const refusal of refused) {
    const { kind, forceUpdate } = batch[0] ?? refusal;
    const fits = batch.length < MOST_ROWS && bytes + refusal.bytes <= MOST_BYTES;
    if (!fits || refusal.kind !== kind || (force && refusal.forceUpdate !== forceUpdate)) {
      await put();
      bytes = 0;
    }
    batch.push(refusal);
    bytes += refusal.bytes;
  }
  await put();
}

/** Whether it is a candle that never replaces a closed one. */
function isOpen({ forceUpdate, row }: KeptRefusal): boolean {
  return forceUpdate === 'unless-closed' && (row as { readonly closed?: unknown }).closed === false;
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
        // whoever is refused meanwhile is told by whom; a full disk is no reason not to drop rows
        await note(file, 'holder', HOLDER).catch(() => undefined);
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
