import { resolve } from 'node:path';
import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { parse } from '../schemas/parse.ts';
import { spoolDirectorySchema } from '../schemas/spool-options.schema.ts';
import type { ForceUpdate } from '../schemas/write-options.schema.ts';
import type { SpoolTotals } from '../streams/row-spool.ts';
import type { SpoolKind } from '../streams/writer-target.ts';
import { spoolFileError } from './spool-errors.ts';
import { isLocked } from './spool-lock.ts';
import {
  batchAfter,
  hasRowsAfter,
  hasSpool,
  lastRefusal,
  openSpoolFile,
  readNote,
  refusalsToKeep,
  totalsOf,
} from './spool-tables.ts';
import { keepsStored } from './spooled-batch.ts';

/** What a spool's file says, also while another process uses it and while no database answers. */
export interface SpoolFileStatus extends SpoolTotals {
  readonly directory: string;
  /** The database that its rows belong to: `host:port/name`, or the path of a file. */
  readonly database: string | null;
  /**
   * The process that uses it now; `null` if none does. If the directory is read-only this cannot be known: the text
   * then begins with "perhaps" and names the process that used it last.
   */
  readonly usedBy: string | null;
}

/** A row of a spool, in the form in which `upsertCandles` or `insertMany` take it. */
export interface SpooledRow {
  readonly kind: SpoolKind;
  /** As its writer was given it; always false for raw trades. */
  readonly forceUpdate: ForceUpdate;
  /** When it came into the spool, or when the database refused it. */
  readonly at: Date;
  /** Why the database did not accept it; `null` if it has not been asked yet. */
  readonly refused: string | null;
  /** If its text in the spool is damaged: what is left of the text, with the rows beside it. */
  readonly row: unknown;
}

/**
 * Reads the state of a spool without using it, whether or not a process does.
 *
 * @example const { rows, oldest } = await spoolStatus('/var/lib/collector/spool');
 * @throws InvalidInputError when there is no spool in the directory
 * @throws DatabaseOperationError when its file cannot be read, or is damaged
 */
export async function spoolStatus(directory: string): Promise<SpoolFileStatus> {
  const path = requireSpool('spoolStatus', directory);
  return withSpoolErrors('spoolStatus', path, async () => {
    const file = await openSpoolFile(path);
    try {
      return {
        directory: path,
        ...(await totalsOf(file)),
        database: (await readNote(file, 'database')) ?? null,
        usedBy: await userOf(path, file),
      };
    } finally {
      file.abort();
    }
  });
}

/**
 * Reads the rows of a spool, first those that wait and then those that the database refused. Stored one by one in this
 * order, refused ones without `forceUpdate` and the others with their own, they end as if they were put back and drained.
 * It removes none, and may run while another process uses the spool: a row that is moved meanwhile may come twice, and one
 * that is stored meanwhile may be left out.
 *
 * @example for await (const { kind, row } of readSpool('/var/lib/collector/spool')) console.log(kind, row);
 * @throws InvalidInputError when there is no spool in the directory
 * @throws DatabaseOperationError when its file cannot be read, or is damaged
 */
export async function* readSpool(directory: string): AsyncGenerator<SpooledRow, void, undefined> {
  const path = requireSpool('readSpool', directory);
  const rows = rowsOf(path);
  try {
    for (;;) {
      // not around the yield: what a reader throws there is the reader's own error
      const next = await withSpoolErrors('readSpool', path, () => rows.next());
      if (next.done === true) {
        return;
      }
      yield next.value;
    }
  } finally {
    await rows.return();
  }
}

async function* rowsOf(path: string): AsyncGenerator<SpooledRow, void, undefined> {
  const file = await openSpoolFile(path);
  try {
    yield* storedRows(file);
  } finally {
    file.abort();
  }
}

async function* storedRows(file: PhysicalConnection): AsyncGenerator<SpooledRow, void, undefined> {
  let sequence = 0;
  let after = 0;
  // another process may move rows from one end to the other meanwhile, so it looks until nothing is new
  while (await hasRowsAfter(file, sequence, after)) {
    for (let batch = await batchAfter(file, sequence); batch !== undefined; batch = await batchAfter(file, sequence)) {
      const { kind, forceUpdate, damaged, spooledAt: at } = batch;
      const common = { kind, forceUpdate, at };
      if (damaged !== undefined) {
        yield { ...common, refused: damaged.reason, row: damaged.row };
      }
      for (const row of keepsStored(batch) ? batch.rows.toReversed() : batch.rows) {
        yield { ...common, refused: null, row };
      }
      sequence = batch.sequence;
    }
    const upTo = await lastRefusal(file);
    for await (const { kind, forceUpdate, refusedAt: at, reason: refused, row } of refusalsToKeep(file, {
      after,
      upTo,
    })) {
      yield { kind, forceUpdate, at, refused, row };
    }
    after = Math.max(after, upTo);
  }
}

/** The absolute path of a directory that has a spool. */
export function requireSpool(operation: string, directory: string): string {
  const path = resolve(parse(operation, spoolDirectorySchema, directory));
  if (!hasSpool(path)) {
    const expected = 'a directory with a spool, as a writer was given it';
    throw new InvalidInputError(operation, [{ path: 'directory', expected, received: `${path}, which has none` }]);
  }
  return path;
}

/** Does work on a spool's file, and throws only errors of ours. */
export async function withSpoolErrors<T>(operation: string, directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw spoolFileError(operation, directory, error);
  }
}

/** The process that uses a spool. */
async function userOf(directory: string, file: PhysicalConnection): Promise<string | null> {
  const locked = await isLocked(directory);
  if (locked === false) {
    return null;
  }
  const holder = (await readNote(file, 'holder')) ?? 'another process';
  return locked === true ? holder : `perhaps ${holder}: the directory is read-only here`;
}
