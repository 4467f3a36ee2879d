import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Parameter, PhysicalConnection } from '../databases/physical-connection.ts';
import { unusableSpool, wasRemoved } from './spool-errors.ts';
import { HOLDER, lockSpool } from './spool-lock.ts';
import {
  batchAfter,
  batchesBehind,
  FORM,
  formOf,
  holderOf,
  insertPieces,
  makeTables,
  note,
  noted,
  openSpoolFile,
  reserveJournal,
  totalsOf,
} from './spool-tables.ts';
import { type BatchKind, piecesOf, type RefusedRow, type SpooledBatch, type SpoolTotals } from './spooled-batch.ts';

const OPERATION = 'spool';
/** What a batch takes beside its rows, at most. */
const BYTES_AROUND_ROWS = 64 * 1024;
/** SQLite's own limit. Source: sqlite.org/limits.html */
const MOST_PAGES = 4_294_967_294;

/** What a spool is opened for. */
export interface SpoolFileOptions {
  readonly directory: string;
  readonly maxBytes: number;
  /** The database that its rows belong to, without user and password. */
  readonly database: string;
  /** Takes it although its rows were spooled for another database. */
  readonly otherDatabase: boolean;
}

type Execute = (sql: string, parameters: readonly Parameter[]) => Promise<unknown>;

/** A spool's file, held by this process alone: a queue of batches, each written down for good before it counts. */
export class SpoolFile {
  readonly #lock: PhysicalConnection;
  readonly #file: PhysicalConnection;
  readonly #directory: string;
  readonly #session: string;
  #maxBytes: number;
  #totals: SpoolTotals;
  /** Where the file was removed: the error that said so, and the last batch that was drained all the same. */
  #removed: { readonly error: unknown; readonly upTo: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    lock: PhysicalConnection,
    file: PhysicalConnection,
    { directory, maxBytes }: SpoolFileOptions,
    session: string,
    totals: SpoolTotals,
  ) {
    this.#lock = lock;
    this.#file = file;
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#session = session;
    this.#totals = totals;
  }

  /**
   * Opens a spool, and makes it where there is none.
   *
   * @throws ConfigurationError when another process has it, when its rows belong to another database, or when
   *   another version made it
   */
  static async open(options: SpoolFileOptions): Promise<SpoolFile> {
    const { directory } = options;
    await mkdir(directory, { recursive: true });
    const lock = await lockSpool(directory);
    if (lock === undefined) {
      throw unusableSpool(
        OPERATION,
        'a directory that no other process and no other instance uses',
        `${directory}, which ${await holderOf(directory)} has`,
      );
    }
    try {
      const file = await openSpoolFile(directory);
      try {
        return await SpoolFile.#prepared(lock, file, options);
      } catch (error) {
        file.abort();
        throw error;
      }
    } catch (error) {
      lock.abort();
      throw error;
    }
  }

  static async #prepared(
    lock: PhysicalConnection,
    file: PhysicalConnection,
    options: SpoolFileOptions,
  ): Promise<SpoolFile> {
    const { directory, database, otherDatabase } = options;
    const form = await formOf(file);
    if (form !== 0 && form !== FORM) {
      throw unusableSpool(
        OPERATION,
        `a spool of form ${FORM}`,
        `one of form ${form}, made by another version of tradestore`,
      );
    }
    await makeTables(file);
    // on a disk that is full already, it is made when there is room
    await reserveJournal(file).catch(() => undefined);
    const totals = await totalsOf(file);
    const owner = await noted(file, 'database');
    if (totals.rows + totals.refused > 0 && owner !== undefined && owner !== database && !otherDatabase) {
      const drain = `tradestore spool drain --directory ${directory}`;
      throw unusableSpool(
        OPERATION,
        `a spool for ${database}; drain this one into its own database (\`${drain}\`), or say that this is the one now (\`${drain} --other-database\`)`,
        `${totals.rows} rows and ${totals.refused} refused ${totals.refused === 1 ? 'row' : 'rows'} in ${directory} that were spooled for ${owner}`,
      );
    }
    await note(file, 'database', database);
    await note(file, 'holder', HOLDER);
    const session = randomUUID();
    await note(file, 'session', session);
    await limit(file, options.maxBytes);
    return new SpoolFile(lock, file, options, session, totals);
  }

  /** The error that said that the file was removed: what is left in it can be drained by this process alone. */
  get removed(): unknown {
    return this.#removed?.error;
  }

  get totals(): SpoolTotals {
    return this.#totals;
  }

  /** Puts rows behind all others, all of them or, when it throws, none. */
  put(batchKind: BatchKind, rows: readonly unknown[], may: () => void): Promise<void> {
    return this.#transaction(async () => {
      // those that waited for their turn may have been called off meanwhile
      may();
      const now = Date.now();
      const bytes = await insertPieces(this.#file, batchKind, piecesOf(rows), now);
      const { oldest, refused } = this.#totals;
      return {
        rows: this.#totals.rows + rows.length,
        bytes: this.#totals.bytes + bytes,
        oldest: oldest ?? new Date(now),
        refused,
      };
    });
  }

  /** Whether rows of so many bytes may still be put before the file is as large as it may be. */
  async fits(bytes: number): Promise<boolean> {
    const pragma = async (name: string): Promise<number> =>
      Number((await this.#file.execute(`pragma ${name}`, [])).rows[0]?.[name]);
    const pages = (await pragma('max_page_count')) - (await pragma('page_count')) + (await pragma('freelist_count'));
    return pages * (await pragma('page_size')) > bytes + BYTES_AROUND_ROWS;
  }

  /** The batch that is the first to be drained. */
  first(): Promise<SpooledBatch | undefined> {
    return this.#serial(() => batchAfter(this.#file, this.#removed?.upTo ?? 0));
  }

  /** Some batches of its kind that come later. */
  behind(batch: SpooledBatch): Promise<SpooledBatch[]> {
    return this.#serial(() => batchesBehind(this.#file, batch));
  }

  /** Lets it grow to another size. */
  resize(maxBytes: number): Promise<void> {
    return this.#serial(() => {
      this.#maxBytes = maxBytes;
      return limit(this.#file, maxBytes);
    });
  }

  /** Takes a batch out that the database has acknowledged, and keeps the rows of it that it refused. */
  async remove(batch: SpooledBatch, refused: readonly RefusedRow[]): Promise<void> {
    const removing = this.#transaction(async (execute) => {
      // before the refused rows are kept, which need the room that it leaves
      await execute('delete from batches where sequence = ?', [batch.sequence]);
      if (refused.length > 0) {
        await this.#keepRefused(execute, batch, refused);
      }
      return this.#totalsWithout(batch, refused);
    });
    try {
      await removing;
    } catch (error) {
      if (!wasRemoved(error) || refused.length > 0) {
        throw error;
      }
      // nobody else can find what it holds, and so nobody will store this batch once more
      this.#removed = { error, upTo: batch.sequence };
      this.#totals = await this.#totalsWithout(batch, refused);
    }
  }

  async #totalsWithout(batch: SpooledBatch, refused: readonly RefusedRow[]): Promise<SpoolTotals> {
    const oldest = 'select spooled_at from batches where sequence > ? order by sequence limit 1';
    const { rows } = await this.#file.execute(oldest, [batch.sequence]);
    const next = rows[0]?.['spooled_at'];
    return {
      rows: this.#totals.rows - batch.count,
      bytes: this.#totals.bytes - batch.bytes,
      oldest: next === undefined ? null : new Date(Number(next)),
      refused: this.#totals.refused + refused.length,
    };
  }

  /** With their reasons they may need more room than the batch had: a full spool must be drained all the same. */
  async #keepRefused(
    execute: Execute,
    { kind, forceUpdate }: BatchKind,
    refused: readonly RefusedRow[],
  ): Promise<void> {
    await limit(this.#file, Number.POSITIVE_INFINITY);
    try {
      for (const { row, reason } of refused) {
        const values = [kind, String(forceUpdate), Date.now(), reason, JSON.stringify(row)];
        await execute(
          'insert into refused (kind, force_update, refused_at, reason, data) values (?, ?, ?, ?, ?)',
          values,
        );
      }
    } finally {
      await limit(this.#file, this.#maxBytes);
    }
  }

  /** Gives the room of what was drained back to the disk; where that fails, it is used again later. */
  async shrink(): Promise<void> {
    await this.#serial(async () => {
      await this.#file.execute('vacuum', []);
    }).catch(() => undefined);
  }

  /** Lets go of it, when all that was begun is done. */
  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
    await this.#lock.close();
  }

  async #transaction(work: (execute: Execute) => Promise<SpoolTotals>): Promise<void> {
    await this.#serial(async () => {
      await this.#file.execute('begin immediate', []);
      try {
        await this.#assertOwn();
        const totals = await work((sql, parameters) => this.#file.execute(sql, parameters));
        await this.#file.execute('commit', []);
        this.#totals = totals;
      } catch (error) {
        await this.#file.execute('rollback', []).catch(() => undefined);
        throw error;
      }
    });
  }

  /** The lock alone is not believed: its file may be removed, and then somebody else gets another one. */
  async #assertOwn(): Promise<void> {
    if ((await noted(this.#file, 'session')) !== this.#session) {
      throw unusableSpool(
        OPERATION,
        'a directory that no other process and no other instance uses',
        `${this.#directory}, which another process or instance has taken (${await noted(this.#file, 'holder')})`,
      );
    }
  }

  /** One after another: a connection has one transaction. */
  #serial<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** SQLite itself keeps the file from growing any further, whatever else it holds. */
async function limit(file: PhysicalConnection, maxBytes: number): Promise<void> {
  const pageSize = Number((await file.execute('pragma page_size', [])).rows[0]?.['page_size']);
  const pages = Math.min(MOST_PAGES, Math.max(1, Math.floor(maxBytes / pageSize)));
  await file.execute(`pragma max_page_count = ${pages}`, []);
}
