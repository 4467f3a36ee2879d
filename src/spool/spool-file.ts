import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { PhysicalConnection } from '../databases/physical-connection.ts';
import type { SpoolTotals } from '../streams/row-spool.ts';
import type { BatchKind } from '../streams/writer-target.ts';
import type { SpoolContext } from './spool-context.ts';
import { unusableSpool, wasRemoved } from './spool-errors.ts';
import { lockSpool, THIS_PROCESS } from './spool-lock.ts';
import {
  batchAfter,
  FORMAT,
  formatOf,
  holderOf,
  insertPieces,
  insertRefused,
  inTransaction,
  laterBatches,
  makeTables,
  openSpoolFile,
  readNote,
  reserveJournal,
  totalsOf,
  writeNote,
} from './spool-tables.ts';
import { piecesOf, type RefusedRow, type SpooledBatch } from './spooled-batch.ts';

const OPERATION = 'spool';
/** Bytes that a batch takes beside its rows, at most. */
const BYTES_AROUND_ROWS = 64 * 1024;
/** SQLite's own limit. Source: sqlite.org/limits.html */
const MOST_PAGES = 4_294_967_294;

/** A spool's file, open in this process alone: a queue of batches, each on disk before it counts. */
export class SpoolFile {
  totals: SpoolTotals;
  readonly #lock: PhysicalConnection;
  readonly #file: PhysicalConnection;
  readonly #directory: string;
  readonly #session: string;
  #maxBytes: number;
  /** If the file was removed: the error that showed it, and the last batch that was drained nevertheless. */
  #removed: { readonly error: unknown; readonly upTo: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    connections: { readonly lock: PhysicalConnection; readonly file: PhysicalConnection },
    { directory, maxBytes }: SpoolContext,
    session: string,
    totals: SpoolTotals,
  ) {
    this.#lock = connections.lock;
    this.#file = connections.file;
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#session = session;
    this.totals = totals;
  }

  /**
   * Opens a spool, and makes it if there is none.
   *
   * @throws ConfigurationError when another process has it, when its rows belong to another database, or when
   *   another version made it
   */
  static async open(context: SpoolContext): Promise<SpoolFile> {
    const { directory, maxBytes } = context;
    await mkdir(directory, { recursive: true });
    const lock = await lockSpool(directory);
    if (lock === undefined) {
      throw inUse(`${directory}, which ${await holderOf(directory)} has`);
    }
    try {
      const file = await openSpoolFile(directory);
      try {
        await prepare(file, context);
        const session = randomUUID();
        await writeNote(file, 'session', session);
        await limit(file, maxBytes);
        return new SpoolFile({ lock, file }, context, session, await totalsOf(file));
      } catch (error) {
        file.abort();
        throw error;
      }
    } catch (error) {
      lock.abort();
      throw error;
    }
  }

  /** The error that showed that the file was removed; only this process can drain what is left in it. */
  get removed(): unknown {
    return this.#removed?.error;
  }

  /**
   * Appends rows to the queue, all of them or, if it throws, none.
   *
   * @param signal aborted when the rows are no longer to be put, also while they wait for their turn
   */
  put(batchKind: BatchKind, rows: readonly unknown[], signal?: AbortSignal): Promise<void> {
    return this.#change(async () => {
      signal?.throwIfAborted();
      const now = Date.now();
      const bytes = await insertPieces(this.#file, batchKind, piecesOf(rows), now);
      const { oldest, refused } = this.totals;
      return {
        rows: this.totals.rows + rows.length,
        bytes: this.totals.bytes + bytes,
        oldest: oldest ?? new Date(now),
        refused,
      };
    });
  }

  /** Whether rows of so many bytes can still be put before the file reaches its limit. */
  async fits(bytes: number): Promise<boolean> {
    const pragma = async (name: string): Promise<number> =>
      Number((await this.#file.execute(`pragma ${name}`, [])).rows[0]?.[name]);
    const pages = (await pragma('max_page_count')) - (await pragma('page_count')) + (await pragma('freelist_count'));
    return pages * (await pragma('page_size')) > bytes + BYTES_AROUND_ROWS;
  }

  /** The batch that is drained next. If another process took the file, it drains it, and may have stored later versions. */
  first(): Promise<SpooledBatch | undefined> {
    return this.#serial(async () => {
      await this.#assertOwned();
      return batchAfter(this.#file, this.#removed?.upTo ?? 0);
    });
  }

  /** Some later batches of the same kind. */
  later(batch: SpooledBatch): Promise<SpooledBatch[]> {
    return this.#serial(() => laterBatches(this.#file, batch));
  }

  /** Sets the size that it may grow to. */
  resize(maxBytes: number): Promise<void> {
    return this.#serial(() => {
      this.#maxBytes = maxBytes;
      return limit(this.#file, maxBytes);
    });
  }

  /** Deletes a batch that the database has acknowledged, and keeps the rows of it that the database refused. */
  async remove(batch: SpooledBatch, refused: readonly RefusedRow[]): Promise<void> {
    try {
      await this.#change(async () => {
        // first, since keeping the refused rows needs the room that this frees
        await this.#file.execute('delete from batches where sequence = ?', [batch.sequence]);
        await this.#keepRefused(batch, refused);
        return this.#totalsWithout(batch, refused);
      });
    } catch (error) {
      if (!wasRemoved(error) || refused.length > 0) {
        throw error;
      }
      // no other process can open the removed file, so nobody will store this batch again
      this.#removed = { error, upTo: batch.sequence };
      this.totals = await this.#totalsWithout(batch, refused);
    }
  }

  /** Returns the space of what was drained to the disk. If that fails, the space is reused later. */
  async shrink(): Promise<void> {
    await this.#serial(async () => {
      await this.#file.execute('vacuum', []);
    }).catch(() => undefined);
  }

  /** Closes the file and releases the lock, after all that was started. */
  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
    await this.#lock.close();
  }

  async #totalsWithout(batch: SpooledBatch, refused: readonly RefusedRow[]): Promise<SpoolTotals> {
    const oldest = 'select spooled_at from batches where sequence > ? order by sequence limit 1';
    const { rows } = await this.#file.execute(oldest, [batch.sequence]);
    const next = rows[0]?.['spooled_at'];
    return {
      rows: this.totals.rows - batch.count,
      bytes: this.totals.bytes - batch.bytes,
      oldest: next === undefined ? null : new Date(Number(next)),
      refused: this.totals.refused + refused.length,
    };
  }

  /** With their reasons, refused rows may need more room than their batch had: a full spool must be drained as well. */
  async #keepRefused(batchKind: BatchKind, refused: readonly RefusedRow[]): Promise<void> {
    if (refused.length === 0) {
      return;
    }
    await limit(this.#file, Number.POSITIVE_INFINITY);
    try {
      for (const row of refused) {
        await insertRefused(this.#file, batchKind, row);
      }
    } finally {
      await limit(this.#file, this.#maxBytes);
    }
  }

  /** Changes the file in one transaction, and its totals with it. */
  async #change(work: () => Promise<SpoolTotals>): Promise<void> {
    await this.#serial(async () => {
      this.totals = await inTransaction(this.#file, async () => {
        await this.#assertOwned();
        return work();
      });
    });
  }

  /** The lock alone is not enough: if its file is removed, another process can lock a new one. */
  async #assertOwned(): Promise<void> {
    if ((await readNote(this.#file, 'session')) !== this.#session) {
      const holder = await readNote(this.#file, 'holder');
      throw inUse(`${this.#directory}, which another process or instance has taken (${holder})`);
    }
  }

  /** One after another, since a connection has one transaction. */
  #serial<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** Makes the tables, and the spool one of this process and of its database. */
async function prepare(
  file: PhysicalConnection,
  { directory, database, otherDatabase = false }: SpoolContext,
): Promise<void> {
  const format = await formatOf(file);
  if (format !== 0 && format !== FORMAT) {
    const received = `one of format ${format}, made by another version of tradestore`;
    throw unusableSpool(OPERATION, `a spool of format ${FORMAT}`, received);
  }
  await makeTables(file);
  // if the disk is full already, the journal is made when there is room
  await reserveJournal(file).catch(() => undefined);
  const { rows, refused } = await totalsOf(file);
  const owner = await readNote(file, 'database');
  if (rows + refused > 0 && owner !== undefined && owner !== database && !otherDatabase) {
    const drain = `tradestore spool drain --directory ${directory}`;
    throw unusableSpool(
      OPERATION,
      `a spool for ${database}; drain this one into its own database (\`${drain}\`), or into this one (\`${drain} --other-database\`)`,
      `${rows} rows and ${refused} refused ${refused === 1 ? 'row' : 'rows'} in ${directory} that were spooled for ${owner}`,
    );
  }
  await writeNote(file, 'database', database);
  await writeNote(file, 'holder', THIS_PROCESS);
}

function inUse(received: string): Error {
  return unusableSpool(OPERATION, 'a directory that no other process and no other instance uses', received);
}

/** SQLite itself keeps the file from growing beyond this, whatever else it holds. */
async function limit(file: PhysicalConnection, maxBytes: number): Promise<void> {
  const pageSize = Number((await file.execute('pragma page_size', [])).rows[0]?.['page_size']);
  const pages = Math.min(MOST_PAGES, Math.max(1, Math.floor(maxBytes / pageSize)));
  await file.execute(`pragma max_page_count = ${pages}`, []);
}
