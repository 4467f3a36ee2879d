import { isConfigurationError } from '../errors/configuration-error.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { translateError } from '../errors/translate-error.ts';
import type { RowSpool, SpoolState, SpoolTotals } from '../streams/row-spool.ts';
import type { BatchKind, StoredBatch } from '../streams/writer-target.ts';
import { SPOOLS, traced } from '../telemetry/channels.ts';
import { Drainer, pauseMs } from './drainer.ts';
import type { SpoolContext } from './spool-context.ts';
import { spoolFileError } from './spool-errors.ts';
import { SpoolFile } from './spool-file.ts';
import { mayHoldRows } from './spool-tables.ts';
import { piecesOf } from './spooled-batch.ts';

const OPERATION = 'spool';
/**
 * While the spool is being drained, a batch waits so long for the end of that before it is put behind. Otherwise a
 * source that is faster than the database would keep the spool from ever being empty.
 */
const WAIT_FOR_DRAIN_MS = 1_000;
const EMPTY: SpoolTotals = { rows: 0, bytes: 0, oldest: null, refused: 0 };

/** The part of a spool's state whose changes are reported: not its figures. */
export function spoolCondition({ directory, rows, full, refused, error }: SpoolState): string {
  return JSON.stringify([directory, rows > 0, full, refused > 0, error?.kind]);
}

/**
 * Keeps rows that the database cannot take in a file, and drains them into the database in the order in which they
 * came, as soon as it takes them.
 */
export class Spool implements RowSpool {
  /**
   * Settles when the file was opened, or could not be. Rejects if another process has it, or if it belongs to another
   * database. If the disk does not work now, the state says so and opening is tried again.
   */
  readonly opened: Promise<void>;
  readonly #context: SpoolContext;
  readonly #drainer: Drainer;
  readonly #listeners = new Set<() => void>();
  #reopening: Promise<void> | undefined;
  #maxBytes: number;
  #file: SpoolFile | undefined;
  /** Whether a file that cannot be opened may hold rows. */
  #mayHoldRows = false;
  /** Why it takes no rows now. */
  #full: DatabaseOperationError | undefined;
  /** Set for good when another process has taken the file. */
  #lost: DatabaseOperationError | undefined;

  constructor(context: SpoolContext) {
    this.#context = context;
    this.#maxBytes = context.maxBytes;
    this.#drainer = new Drainer(
      context,
      () => this.#emitChange(),
      (file) => this.#emptied(file),
    );
    this.opened = this.#openFirst();
    // those who need it look at it themselves
    this.opened.catch(() => undefined);
  }

  /** Rows that were drained into the database since it was opened. */
  get stored(): number {
    return this.#drainer.stored;
  }

  /** Whether it holds no row that later rows could overtake. */
  get empty(): boolean {
    return this.#file === undefined ? !this.#mayHoldRows : this.#file.totals.rows === 0;
  }

  get state(): SpoolState {
    const { directory } = this.#context;
    const full = this.#full !== undefined;
    const error = this.#full ?? this.#drainer.error ?? null;
    return { directory, ...(this.#file?.totals ?? EMPTY), maxBytes: this.#maxBytes, full, error };
  }

  onChange(listener: () => void): () => void {
    let last = spoolCondition(this.state);
    const ifChanged = (): void => {
      const now = spoolCondition(this.state);
      if (now !== last) {
        last = now;
        listener();
      }
    };
    this.#listeners.add(ifChanged);
    return () => this.#listeners.delete(ifChanged);
  }

  /** Waits for the next change of the state or of its figures, for a time at most. */
  async nextChange(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#listeners.add(resolve);
    const onAbort = (): void => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
    this.#listeners.delete(resolve);
  }

  /**
   * Stores a batch in the database, or puts it into the spool if that fails. While the spool holds rows, batches go
   * behind them, so that nothing is overtaken. If there is no room either, the batch waits until there is, or until
   * the database takes it.
   */
  async store<Row>(
    batchKind: BatchKind,
    rows: readonly Row[],
    storeInDatabase: () => Promise<StoredBatch<Row>>,
    signal: AbortSignal,
  ): Promise<StoredBatch<Row>> {
    await this.opened;
    for (let failures = 1; ; failures += 1) {
      signal.throwIfAborted();
      if (!this.empty) {
        await this.#drained(signal);
      }
      let reason: unknown;
      if (this.empty) {
        try {
          return await storeInDatabase();
        } catch (error) {
          // refused rows too: whether they are to blame themselves shows when they are drained
          reason = error;
        }
      }
      try {
        await this.put(batchKind, rows, signal, reason);
        return { inserted: 0, updated: 0, unchanged: 0, rejected: [], spooled: rows.length };
      } catch (error) {
        if (this.#lost !== undefined) {
          throw error;
        }
        signal.throwIfAborted();
        await this.nextChange(pauseMs(this.#context.pauses, failures), signal);
      }
    }
  }

  /**
   * Puts rows behind all others. They are on disk when it returns.
   *
   * @param signal aborted when the rows are no longer to be put
   * @param reason the error with which the database did not take them, if it was asked
   * @throws DatabaseOperationError when there is no room for them, or the file cannot be written
   */
  async put(batchKind: BatchKind, rows: readonly unknown[], signal?: AbortSignal, reason?: unknown): Promise<void> {
    await this.opened;
    const { directory, logger } = this.#context;
    const file = this.#file;
    if (file === undefined) {
      throw this.#full;
    }
    try {
      await traced(
        SPOOLS,
        () => ({ 'db.operation.name': 'put', 'db.operation.batch.size': rows.length, directory }),
        () => file.put(batchKind, rows, signal),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw await this.#putFailed(file, rows, error);
    }
    if (this.#full !== undefined) {
      this.#full = undefined;
      logger.info({ directory }, 'the spool takes rows again');
    }
    if (reason !== undefined) {
      const error = translateError(reason, { operation: OPERATION, attempts: 1, idempotent: true });
      this.#drainer.fail(error, file.totals.rows);
    }
    this.#drainer.start(file);
    this.#emitChange();
  }

  /** Drains in the background until no row is left. */
  drain(): void {
    if (this.#file !== undefined) {
      this.#drainer.start(this.#file);
    }
  }

  /** Whether rows are set aside that the database refuses, even if it accepts no row at all. */
  get setAside(): boolean {
    return this.#drainer.setAside;
  }

  set setAside(setAside: boolean) {
    this.#drainer.setAside = setAside;
  }

  /** Sets the size that the file may grow to. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    // a file that is opened later gets it then
    this.opened.then(() => this.#file?.resize(maxBytes)).catch(() => undefined);
  }

  /** Ends draining after the attempt in flight. Rows can still be put. */
  stop(): void {
    this.#drainer.stop();
  }

  /** Ends draining, and closes the file. */
  async close(): Promise<void> {
    this.stop();
    await this.opened.catch(() => undefined);
    await this.#reopening;
    await this.#drainer.running;
    await this.#file?.close();
  }

  /** Waits until no row is left, as long as rows are being drained, nothing has failed since, and it does not take too long. */
  async #drained(signal: AbortSignal): Promise<void> {
    const end = performance.now() + WAIT_FOR_DRAIN_MS;
    while (!this.empty && this.#drainer.running !== undefined && this.#drainer.error === undefined) {
      const leftMs = end - performance.now();
      if (leftMs <= 0 || signal.aborted) {
        return;
      }
      await this.nextChange(leftMs, signal);
    }
  }

  #emitChange(): void {
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }

  async #openFirst(): Promise<void> {
    const { directory, logger, after } = this.#context;
    await after;
    try {
      await this.#open();
    } catch (error) {
      this.#full = spoolFileError(OPERATION, directory, error);
      logger.error({ directory, kind: this.#full.kind }, this.#full.message);
      if (isConfigurationError(error)) {
        throw error;
      }
      this.#mayHoldRows = await mayHoldRows(directory);
      this.#reopening = this.#reopen();
      this.#emitChange();
    }
  }

  async #open(): Promise<void> {
    const { directory, logger } = this.#context;
    const file = await SpoolFile.open({ ...this.#context, maxBytes: this.#maxBytes });
    this.#file = file;
    if (file.totals.rows > 0) {
      logger.warn({ directory, ...file.totals }, 'the spool holds rows of an earlier process: they are drained first');
      this.#drainer.start(file);
    }
    this.#emitChange();
  }

  /** Meanwhile rows go to the database, which may work. */
  async #reopen(): Promise<void> {
    const { directory, logger } = this.#context;
    for (let failures = 1; this.#file === undefined; failures += 1) {
      await this.#drainer.pause(failures);
      if (this.#drainer.signal.aborted) {
        return;
      }
      try {
        await this.#open();
        this.#full = undefined;
        logger.info({ directory }, 'the spool can be used now');
      } catch (error) {
        this.#full = spoolFileError(OPERATION, directory, error);
      }
      this.#emitChange();
    }
  }

  async #emptied(file: SpoolFile): Promise<void> {
    const { logger, directory } = this.#context;
    if (file.removed !== undefined) {
      this.#full = spoolFileError(OPERATION, directory, file.removed);
      this.#file = undefined;
      await file.close();
      this.#reopening = this.#reopen();
      return;
    }
    await file.shrink();
    // rows may have been put meanwhile
    if (this.empty) {
      this.#full = undefined;
      logger.info({ directory }, 'the spool is drained');
    }
  }

  async #putFailed(file: SpoolFile, rows: readonly unknown[], error: unknown): Promise<DatabaseOperationError> {
    const { logger, directory } = this.#context;
    const bytes = piecesOf(rows).reduce((sum, piece) => sum + piece.bytes, 0);
    const fits = await file.fits(bytes).catch(() => true);
    const failure = spoolFileError(OPERATION, directory, error, fits ? undefined : this.#maxBytes);
    if (isConfigurationError(error)) {
      this.#lost = failure;
    }
    const first = this.#full === undefined;
    this.#full = failure;
    if (first) {
      const { code, errno, message } = failure;
      logger.error({ directory, rows: file.totals.rows, code, errno }, message);
      this.#emitChange();
    }
    return failure;
  }
}
