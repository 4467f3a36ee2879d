import { AsyncResource } from 'node:async_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isConfigurationError } from '../errors/configuration-error.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { translateError } from '../errors/translate-error.ts';
import type { Logger } from '../logger/logger.ts';
import type { RetryBudget } from '../retry/retry.ts';
import type { SpoolState } from '../streams/spool-state.ts';
import { SPOOLS, type SpoolTrace, traced } from '../telemetry/channels.ts';
import { Changes } from './changes.ts';
import { spoolFileError } from './spool-errors.ts';
import { SpoolFile, type SpoolFileOptions } from './spool-file.ts';
import { mayHoldRows } from './spool-tables.ts';
import { type BatchKind, piecesOf, type RefusedRow, type SpooledBatch } from './spooled-batch.ts';
import { type SpoolStore, storeBatch } from './store-batch.ts';

const OPERATION = 'spool';
/** The longest pause between two tries, in longest pauses of the outage budget: half a minute by default. */
const LONGEST_PAUSE = 6;

/** What a spool works with. */
export interface SpoolContext extends Omit<SpoolFileOptions, 'otherDatabase'>, SpoolStore {
  readonly otherDatabase?: boolean | undefined;
  readonly logger: Logger;
  /** Settles when whoever of this instance had the directory before has let go of it. */
  readonly after?: Promise<void> | undefined;
  /** How long to wait between two tries. */
  readonly pauses: Pick<RetryBudget, 'baseDelayMs' | 'maxDelayMs'>;
  /** Whether the instance is closed, so that nothing more can be stored. */
  over(): boolean;
}

/**
 * Keeps rows that the database cannot take, in a file, and drains them into it in the order in which they
 * came, as soon as it can. A batch is taken out only when the database has acknowledged it: a crash in
 * between writes it once more, which changes nothing.
 */
export class Spool {
  /** Tells of every change of its state. */
  readonly changes = new Changes();
  readonly #context: SpoolContext;
  readonly #ended = new AbortController();
  /** Draining is no part of the operation in which rows were put, and goes on after its end. */
  readonly #itself = new AsyncResource('TradestoreSpool');
  readonly #opened: Promise<void>;
  #reopening: Promise<void> | undefined;
  #maxBytes: number;
  #file: SpoolFile | undefined;
  /** Whether a file that cannot be opened may hold rows. */
  #mayHoldRows = false;
  #stored = 0;
  #draining: Promise<void> | undefined;
  #failure: DatabaseOperationError | undefined;
  #full: DatabaseOperationError | undefined;

  constructor(context: SpoolContext) {
    this.#context = context;
    this.#maxBytes = context.maxBytes;
    this.#opened = this.#openFirst();
    // told to those who ask
    this.#opened.catch(() => undefined);
  }

  /**
   * Settles when it has been tried to open it. Rejects when somebody else has it, or it belongs to another
   * database; where its disk cannot be used now, that is told by the state, and tried again.
   */
  get opened(): Promise<void> {
    return this.#opened;
  }

  /** Rows that were drained into the database since it was opened. */
  get stored(): number {
    return this.#stored;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Whether there is nothing that rows to come must not overtake. */
  get empty(): boolean {
    return this.#file === undefined ? !this.#mayHoldRows : this.#totals.rows === 0;
  }

  /** Whether what is there is on its way into the database, and nothing went wrong with it of late. */
  get goesWell(): boolean {
    return this.#draining !== undefined && this.#failure === undefined;
  }

  get state(): SpoolState {
    const { directory } = this.#context;
    const maxBytes = this.#maxBytes;
    const { rows, bytes, oldest, refused } = this.#totals;
    const full = this.#full !== undefined;
    return { directory, rows, bytes, maxBytes, oldest, full, refused, error: this.#full ?? this.#failure ?? null };
  }

  /**
   * Puts rows behind all others, for good when it returns.
   *
   * @param reason why the database did not take them, where it was asked
   * @param may throws where they are not to be put any more
   * @throws DatabaseOperationError when there is no room for them, or the file cannot be written
   */
  async put(batchKind: BatchKind, rows: readonly unknown[], reason: unknown, may: () => void): Promise<void> {
    await this.#opened;
    const file = this.#file;
    if (file === undefined) {
      throw this.#full;
    }
    let asked: unknown;
    try {
      const put = (): Promise<void> =>
        file.put(batchKind, rows, () => {
          try {
            may();
          } catch (error) {
            asked = error;
            throw error;
          }
        });
      await traced(SPOOLS, () => this.#traceOf('put', rows.length), put);
    } catch (error) {
      throw asked === error ? error : await this.#putFailed(file, rows, error);
    }
    const { logger, directory } = this.#context;
    if (this.#full !== undefined) {
      this.#full = undefined;
      logger.info({ directory }, 'the spool takes rows again');
    }
    if (reason !== undefined) {
      this.#fail(translateError(reason, { operation: OPERATION, attempts: 1, idempotent: true }));
    }
    this.#drain();
    this.changes.tell();
  }

  /** Drains in the background until nothing is left. Without effect where it does so already. */
  start(): void {
    this.#drain();
  }

  /** Makes it as large as a writer wants it, where it was opened by somebody who did not say. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    // what it is opened with later is this
    this.#opened.then(() => this.#file?.resize(maxBytes)).catch(() => undefined);
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
    await this.#opened.catch(() => undefined);
    await this.#reopening;
    await this.#draining;
    await this.#file?.close();
  }

  get #totals(): SpoolFile['totals'] {
    return this.#file?.totals ?? { rows: 0, bytes: 0, oldest: null, refused: 0 };
  }

  async #openFirst(): Promise<void> {
    const { directory, logger, after } = this.#context;
    await after;
    try {
      await this.#open();
    } catch (error) {
      const failure = this.#errorOfFile(error);
      this.#full = failure;
      logger.error({ directory, kind: failure.kind }, failure.message);
      if (isConfigurationError(error)) {
        throw error;
      }
      this.#mayHoldRows = await mayHoldRows(directory);
      this.#reopening = this.#itself.runInAsyncScope(() => this.#openAgain());
      this.changes.tell();
    }
  }

  async #open(): Promise<void> {
    const { directory, database, otherDatabase = false, logger } = this.#context;
    const file = await SpoolFile.open({ directory, maxBytes: this.#maxBytes, database, otherDatabase });
    this.#file = file;
    if (file.totals.rows > 0) {
      logger.warn({ directory, ...file.totals }, 'the spool holds rows of an earlier process: they are drained first');
      this.#drain();
    }
    this.changes.tell();
  }

  /** Rows go to the database meanwhile, which may be well. */
  async #openAgain(): Promise<void> {
    const { signal } = this.#ended;
    const { directory, logger } = this.#context;
    for (let failures = 1; !signal.aborted && this.#file === undefined; failures += 1) {
      await this.#pause(failures);
      try {
        if (!signal.aborted) {
          await this.#open();
          this.#full = undefined;
          logger.info({ directory }, 'the spool can be used now');
          this.changes.tell();
        }
      } catch (error) {
        this.#full = this.#errorOfFile(error);
        this.changes.tell();
      }
    }
  }

  async #pause(failures: number): Promise<void> {
    await sleep(this.pauseMs(failures), undefined, { signal: this.#ended.signal, ref: false }).catch(() => undefined);
  }

  #drain(): void {
    if (this.#draining === undefined && this.#file !== undefined && !this.#ended.signal.aborted && !this.empty) {
      this.#draining = this.#itself
        .runInAsyncScope(() => this.#drainAll())
        .finally(() => {
          this.#draining = undefined;
          // what was put in the very last moment
          this.#drain();
          this.changes.tell();
        });
    }
  }

  async #drainAll(): Promise<void> {
    const { signal } = this.#ended;
    const file = this.#file as SpoolFile;
    // rows come here because the database did not take them just now
    let failures = this.#failure === undefined ? 0 : 1;
    for (;;) {
      if (failures > 0) {
        await this.#pause(failures);
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
        const refused = await this.#store(file, batch);
        await file.remove(batch, refused);
        this.#stored += batch.damaged === undefined ? batch.count - refused.length : 0;
        failures = 0;
        this.#failure = undefined;
        // neither SQLite nor the file gives others a turn by itself
        await nextTurn();
      } catch (error) {
        if (isConfigurationError(error)) {
          // somebody else has the file now, and drains it
          this.#fail(error);
          this.stop();
        }
        if (this.#context.over() || signal.aborted) {
          this.#ended.abort();
          return;
        }
        failures += 1;
        this.#fail(this.#errorOfFile(error));
      }
      this.changes.tell();
    }
  }

  async #emptied(file: SpoolFile): Promise<void> {
    const { logger, directory } = this.#context;
    if (file.removed !== undefined) {
      this.#full = this.#errorOfFile(file.removed);
      this.#file = undefined;
      await file.close();
      this.#reopening = this.#openAgain();
      return;
    }
    await file.shrink();
    // somebody may have come meanwhile
    if (this.empty) {
      this.#full = undefined;
      logger.info({ directory }, 'the spool is drained');
    }
  }

  /** Stores a batch, and returns what the database would not take for what it is. */
  async #store(file: SpoolFile, batch: SpooledBatch): Promise<RefusedRow[]> {
    const store = () => storeBatch(this.#context, file, batch, this.#ended.signal);
    const refused = await traced(SPOOLS, () => this.#traceOf('drain', batch.count), store);
    if (refused.length > 0) {
      const { logger, directory } = this.#context;
      logger.error(
        { directory, rows: refused.length, reason: refused[0]?.reason },
        'spooled rows were refused for what they are: they stay in the spool, `tradestore spool export` shows them and `tradestore spool retry` puts them back',
      );
    }
    return refused;
  }

  #traceOf(name: 'put' | 'drain', rows: number): SpoolTrace {
    return { 'db.operation.name': name, 'db.operation.batch.size': rows, directory: this.#context.directory };
  }

  /** Notes why rows are not drained, and says so the first time. */
  #fail(failure: DatabaseOperationError): void {
    const first = this.#failure === undefined;
    this.#failure = failure;
    if (first) {
      const { logger, directory } = this.#context;
      logger.error(
        { directory, rows: this.#totals.rows, kind: failure.kind, reason: failure.message },
        'the database takes no rows: they go to the spool, and from there into the database when it can take them',
      );
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
      this.changes.tell();
    }
    return failure;
  }

  /** What says of itself what it is stays that; anything else came from the file. */
  #errorOfFile(error: unknown, atLimit = false): DatabaseOperationError {
    return error instanceof DatabaseOperationError
      ? error
      : spoolFileError(OPERATION, this.#context.directory, this.#maxBytes, atLimit, error);
  }
}
