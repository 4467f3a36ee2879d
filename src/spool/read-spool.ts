import { resolve } from 'node:path';
import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { parse } from '../schemas/parse.ts';
import { spoolDirectorySchema } from '../schemas/spool-options.schema.ts';
import type { ForceUpdate } from '../schemas/write-options.schema.ts';
import { spoolFileError } from './spool-errors.ts';
import { isLocked } from './spool-lock.ts';
import { batchAfter, hasSpool, nextRefusal, noted, openSpoolFile, totalsOf } from './spool-tables.ts';
import type { SpoolKind, SpoolTotals } from './spooled-batch.ts';

/** What a spool's file says, also while another process uses it and while no database answers. */
export interface SpoolFileStatus extends SpoolTotals {
  readonly directory: string;
  /** The database that its rows belong to: `host:port/name`, or the path of a file. */
  readonly database: string | null;
  /**
   * The process that uses it now; `null` where none does. Where the directory can only be read that cannot be seen:
   * then it says "perhaps", with the process that used it last.
   */
  readonly usedBy: string | null;
}

/** A row of a spool, in the form in which `upsertCandles` or `insertMany` take it. */
export interface SpooledRow {
  readonly kind: SpoolKind;
  /** As the writer had it; for raw trades always false. */
  readonly forceUpdate: ForceUpdate;
  /** When it came into the spool, or when the database refused it. */
  readonly at: Date;
  /** Why the database would not take it; `null` where it has not been asked yet. */
  readonly refused: string | null;
  /** Where its text in the spool is damaged, what is left of that, and of the rows beside it. */
  readonly row: unknown;
}

/**
 * Looks at a spool without taking it, whoever uses it.
 *
 * @example const { rows, oldest } = await spoolStatus('/var/lib/collector/spool');
 * @throws InvalidInputError when there is no spool in the directory
 * @throws DatabaseOperationError when its file cannot be read, or is damaged
 */
export async function spoolStatus(directory: string): Promise<SpoolFileStatus> {
  const path = requireSpool('spoolStatus', directory);
  return translated('spoolStatus', path, async () => {
    const file = await openSpoolFile(path);
    try {
      return {
        directory: path,
        ...(await totalsOf(file)),
        database: (await noted(file, 'database')) ?? null,
        usedBy: await userOf(path, file),
      };
    } finally {
      file.abort();
    }
  });
}

/**
 * Reads the rows of a spool in the order in which they are to be stored, and then those that the database
 * refused. It takes none out, and may run while another process uses the spool.
 *
 * @example for await (const { kind, row } of readSpool('/var/lib/collector/spool')) console.log(kind, row);
 * @throws InvalidInputError when there is no spool in the directory
 * @throws DatabaseOperationError when its file cannot be read, or is damaged
 */
export async function* readSpool(directory: string): AsyncGenerator<SpooledRow, void, undefined> {
  const path = requireSpool('readSpool', directory);
  const told = <T>(work: () => Promise<T>): Promise<T> => translated('readSpool', path, work);
  const file = await told(() => openSpoolFile(path));
  try {
    let sequence = 0;
    for (;;) {
      const batch = await told(() => batchAfter(file, sequence));
      if (batch === undefined) {
        break;
      }
      sequence = batch.sequence;
      const { kind, forceUpdate, damaged, spooledAt: at } = batch;
      const common = { kind, forceUpdate, at };
      if (damaged !== undefined) {
        yield { ...common, refused: damaged.reason, row: damaged.row };
      }
      for (const row of batch.rows) {
        yield { ...common, refused: null, row };
      }
    }
    let id = 0;
    for (;;) {
      const refusal = await told(() => nextRefusal(file, 'first', id));
      if (refusal === undefined) {
        break;
      }
      id = refusal.id;
      const { kind, forceUpdate, refusedAt, reason, row } = refusal;
      yield { kind, forceUpdate, at: refusedAt, refused: reason, row };
    }
  } finally {
    file.abort();
  }
}

/** Who uses a spool now. A lock cannot be tested where its file can only be read. */
async function userOf(directory: string, file: PhysicalConnection): Promise<string | null> {
  const locked = await isLocked(directory);
  if (locked === false) {
    return null;
  }
  const holder = (await noted(file, 'holder')) ?? 'somebody else';
  return locked === true ? holder : `perhaps ${holder}: the directory can only be read here`;
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

/** Does something with a spool's file, and throws nothing but our own errors. */
export async function translated<T>(operation: string, directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DatabaseOperationError
      ? error
      : spoolFileError(operation, directory, Number.POSITIVE_INFINITY, false, error);
  }
}
