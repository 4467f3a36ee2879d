import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { formatIssue, type Issue } from '../errors/issue.ts';
import { translateError } from '../errors/translate-error.ts';
import type { Logger } from '../logger/logger.ts';
import type { RetryBudget } from '../retry/retry.ts';
import type { StoredBatch } from '../streams/row-sink.ts';
import type { SpoolState } from '../streams/spool-state.ts';
import { isRowsFault, spoolFileError } from './spool-errors.ts';
import { SpoolFile, type SpoolFileOptions } from './spool-file.ts';
import { type Lane, piecesOf, type RefusedRow, type SpooledBatch } from './spooled-batch.ts';

const OPERATION = 'spool';
/** The longest pause between two tries, in longest pauses of the outage budget: half a minute by default. */
const LONGEST_PAUSE = 6;

/** What a spool works with. */
export interface SpoolContext extends Omit<SpoolFileOptions, 'otherDatabase'> {
  readonly otherDatabase?: boolean | undefined;
  readonly logger: Logger;
  /** How long to wait between two tries. */
  readonly pauses: Pick<RetryBudget, 'baseDelayMs' | 'maxDelayMs'>;
  /** Whether the instance is closed, so that nothing more can be stored. */
  over(): boolean;
  /** Stores what was spooled, as whoever spooled it would have. */
  store(lane: Lane, rows: readonly unknown[], signal: AbortSignal): Promise<StoredBatch<unknown>>;
}

/**
 * Keeps rows that the database cannot take, in a file, and drains them into it in the order in which they
 * came, as soon as it can. A batch is taken out only when the database has acknowledged it: a crash in
 * between writes it once more, which changes nothing.
 */
export class Spool {
  readonly #context: SpoolContext;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  /** Draining is no part of the operation in which rows were put, and goes on after its end. */
  readonly #itself = new AsyncResource('TradestoreSpool');
  readonly #opened: Promise<SpoolFile>;
  #file: SpoolFile | undefined;
  #draining: Promise<void> | undefined;
  #failure: DatabaseOperationError | undefined;
  #full: DatabaseOperationError | undefined;

  constructor(context: SpoolContext) {
    this.#context = context;
    this.#opened = this.#open();
    // told to those who ask
    this.#opened.catch(() => undefined);
  }

  /** Rejects when it cannot be used at all. */
  get opened(): Promise<void> {
    return this.#opened.then(() => undefined);
  }

  get maxBytes(): number {
    return this.#context.maxBytes;
  }

  get empty(): boolean {
    return this.#totals.rows === 0;
  }

  /** Whether what is there is on its way into the database, and nothing went wrong with it of late. */
  get goesWell(): boolean {
    return this.#draining !== undefined && this.#failure === undefined;
  }

  get state(): SpoolState {
    const { directory, maxBytes } = this.#context;
    const { rows, bytes, oldest, refused } = this.#totals;
    const full = this.#full !== undefined;
    return { directory, rows, bytes, maxBytes, oldest, full, refused, error: this.#full ?? this.#failure ?? null };
  }

  /** Is told of each change, until it is told no more. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the next change, or for a time. */
  async changed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    const stop = this.watch(resolve);
    const end = (): void => resolve();
    signal.addEventListener('abort', end, { once: true });
    await promise;
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
    stop();
  }

  /**
   * Puts rows behind all others, for good when it returns.
   *
   * @param reason why the database did not take them, where it was asked
   * @param may throws where they are not to be put any more
   * @throws DatabaseOperationError when there is no room for them, or the file cannot be written
   */
  async put(lane: Lane, rows: readonly unknown[], reason: unknown, may: () => void): Promise<void> {
    const file = await this.#opened;
    let asked: unknown;
    try {
      await file.put(lane, rows, () => {
        try {
          may();
        } catch (error) {
          asked = error;
          throw error;
        }
      });
    } catch (error) {
      throw asked === error ? error : await this.#putFailed(file, rows, error);
    }
    const { logger, directory } = this.#context;
    if (this.#full !== undefined) {
      this.#full = undefined;
      logger.info({ directory }, 'the spool takes rows again');
    }
    if (reason !== undefined && this.#failure === undefined) {
      this.#failure = translated(reason);
      logger.error(
        { directory, rows: rows.length, kind: this.#failure.kind, reason: this.#failure.message },
        'the database takes no rows: they go to the spool, and from there into the database when it can take them',
      );
    }
    this.#drain();
    this.#tell();
  }

  /** Drains in the background until nothing is left. Without effect where it does so already. */
  start(): void {
    this.#drain();
  }

  /** Waits until it is drained, or ended; the state says which. */
  async drained(): Promise<void> {
    await this.#draining;
  }

  /** How long to wait after so many failures in a row. */
  pauseMs(failures: number): number {
    const { baseDelayMs, maxDelayMs } = this.#context.pauses;
    const longest = Math.min(LONGEST_PAUSE * maxDelayMs, Math.max(1, baseDelayMs) * 2 ** Math.min(failures, 30));
    // between half of it and all of it: those that failed together do not come back together, or at once
    return longest * (0.5 + Math.random() / 2);
  }

  /** Ends draining after the attempt under way. Rows may still be put. */
  stop(): void {
    this.#ended.abort();
  }

  /** Ends draining, and lets go of the file. */
  async close(): Promise<void> {
    this.stop();
    const file = await this.#opened.catch(() => undefined);
    await this.#draining;
    await file?.close();
  }

  get #totals(): SpoolFile['totals'] {
    return this.#file?.totals ?? { rows: 0, bytes: 0, oldest: null, refused: 0 };
  }

  async #open(): Promise<SpoolFile> {
    const { directory, maxBytes, database, otherDatabase = false, logger } = this.#context;
    const file = await SpoolFile.open({ directory, maxBytes, database, otherDatabase }).catch((error: unknown) => {
      const failure =
        error instanceof DatabaseOperationError ? error : spoolFileError(OPERATION, directory, maxBytes, false, error);
      this.#full = failure;
      logger.error({ directory, kind: failure.kind }, failure.message);
      throw failure;
    });
    this.#file = file;
    if (file.totals.rows > 0) {
      logger.warn({ directory, ...file.totals }, 'the spool holds rows of an earlier process: they are drained first');
      this.#drain();
    }
    this.#tell();
    return file;
  }

  #drain(): void {
    if (this.#draining === undefined && !this.#ended.signal.aborted && !this.empty) {
      this.#draining = this.#itself
        .runInAsyncScope(() => this.#drainAll())
        .finally(() => {
          this.#draining = undefined;
          // what was put in the very last moment
          this.#drain();
          this.#tell();
        });
    }
  }

  async #drainAll(): Promise<void> {
    const { signal } = this.#ended;
    const file = await this.#opened;
    // rows come here because the database did not take them just now
    let failures = this.#failure === undefined ? 0 : 1;
    for (;;) {
      if (failures > 0) {
        await sleep(this.pauseMs(failures), undefined, { signal, ref: false }).catch(() => undefined);
      }
      if (signal.aborted) {
        return;
      }
      try {
        const batch = await file.first();
        if (batch === undefined) {
          await this.#emptied(file);
          return;
        }
        await file.remove(batch, await this.#store(batch));
        failures = 0;
        this.#failure = undefined;
      } catch (error) {
        if (this.#context.over()) {
          this.#ended.abort();
          return;
        }
        failures += 1;
        this.#failure = error instanceof DatabaseOperationError ? error : this.#errorOfFile(error);
      }
      this.#tell();
    }
  }

  async #emptied(file: SpoolFile): Promise<void> {
    const { logger, directory } = this.#context;
    await file.shrink();
    // somebody may have come meanwhile
    if (this.empty) {
      this.#full = undefined;
      logger.info({ directory }, 'the spool is drained');
    }
  }

  /** Stores a batch, and returns what the database would not take for what it is. */
  async #store(batch: SpooledBatch): Promise<RefusedRow[]> {
    const refusedOf = ({ rejected }: StoredBatch<unknown>): RefusedRow[] =>
      rejected.map(({ row, issues }) => ({ row, reason: reasonOf(issues) }));
    let refused: RefusedRow[] = [];
    try {
      refused = refusedOf(await this.#context.store(batch, batch.rows, this.#ended.signal));
    } catch (error) {
      if (!isRowsFault(error)) {
        throw error;
      }
      // one of them keeps all the others from being stored: each by itself shows which
      for (const row of batch.rows) {
        refused.push(...(await this.#storeOne(batch, row)).map((reason) => ({ row, reason })));
      }
    }
    if (refused.length > 0) {
      const { logger, directory } = this.#context;
      logger.error(
        { directory, rows: refused.length, reason: refused[0]?.reason },
        'the database refused spooled rows for what they are: they stay in the spool, and `tradestore spool export` shows them',
      );
    }
    return refused;
  }

  async #storeOne(lane: Lane, row: unknown): Promise<string[]> {
    try {
      const { rejected } = await this.#context.store(lane, [row], this.#ended.signal);
      return rejected.map(({ issues }) => reasonOf(issues));
    } catch (error) {
      if (!isRowsFault(error)) {
        throw error;
      }
      return [translated(error).message];
    }
  }

  async #putFailed(file: SpoolFile, rows: readonly unknown[], error: unknown): Promise<DatabaseOperationError> {
    const bytes = piecesOf(rows).reduce((sum, piece) => sum + piece.bytes, 0);
    const failure = this.#errorOfFile(error, !(await file.fits(bytes).catch(() => true)));
    const first = this.#full === undefined;
    this.#full = failure;
    if (first) {
      const { logger, directory } = this.#context;
      logger.error({ directory, rows: this.#totals.rows, code: failure.code, errno: failure.errno }, failure.message);
      this.#tell();
    }
    return failure;
  }

  #errorOfFile(error: unknown, atLimit = false): DatabaseOperationError {
    const { directory, maxBytes } = this.#context;
    return spoolFileError(OPERATION, directory, maxBytes, atLimit, error);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }
}

function translated(error: unknown): DatabaseOperationError {
  return translateError(error, { operation: OPERATION, attempts: 1, idempotent: true });
}

function reasonOf(issues: readonly Issue[]): string {
  return issues.map(formatIssue).join('; ');
}
