import type { WriterSettings } from '../schemas/writer-options.schema.ts';
import { BATCHES, traced } from '../telemetry/channels.ts';
import type { StoredBatch, WriterTarget } from './writer-target.ts';

/** When and how fast the database took batches. */
export interface BatchTimes {
  /** When the last batch was stored; `null` before the first. */
  readonly lastStoredAt: Date | null;
  /** How long the last batch took, retries included, in milliseconds; 0 before the first. */
  readonly lastBatchMs: number;
  readonly longestBatchMs: number;
  readonly meanBatchMs: number;
}

/** What a batcher calls. */
export interface BatcherHooks<Row> {
  /** Stores a batch. */
  store(rows: readonly Row[], onRetry: () => void): Promise<StoredBatch<Row>>;
  /** A batch is done; its rows are no longer held. */
  stored(batch: StoredBatch<Row>): void;
  /** A batch failed for good; its rows are still held. The batcher must then be stopped. */
  failed(error: unknown): void;
}

interface QueuedRow<Row> {
  readonly row: Row;
  readonly bytes: number;
  readonly addedAtMs: number;
}

interface Waiter {
  /** Resolves when so many rows are done. */
  readonly rows: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Gathers rows into batches and stores one batch at a time: on two connections, two versions of one row could
 * overtake each other. While a batch is in flight the next one gathers.
 */
export class RowBatcher<Row> {
  readonly #target: WriterTarget<Row>;
  readonly #settings: WriterSettings;
  readonly #hooks: BatcherHooks<Row>;
  #queue: QueuedRow<Row>[] = [];
  #queuedBytes = 0;
  #inFlight: { readonly rows: readonly Row[]; readonly bytes: number } = { rows: [], bytes: 0 };
  #storing = false;
  #timer: NodeJS.Timeout | undefined;
  #waiters: Waiter[] = [];
  // counts of rows, which are done in the order in which they were added
  #added = 0;
  #done = 0;
  /** Rows up to this one are stored without waiting for more. */
  #flushUpTo = 0;
  /** Rows after this one are not stored. */
  #last = Number.POSITIVE_INFINITY;
  #stopped: { readonly reason: Error | undefined } | undefined;
  #detached = false;
  #retried = 0;
  readonly #times = { count: 0, totalMs: 0, lastMs: 0, longestMs: 0, lastStoredAt: null as Date | null };

  constructor(target: WriterTarget<Row>, settings: WriterSettings, hooks: BatcherHooks<Row>) {
    this.#target = target;
    this.#settings = settings;
    this.#hooks = hooks;
  }

  /** Rows that are not known to be stored, in the order in which they were added. */
  get held(): Row[] {
    return [...this.#inFlight.rows, ...this.#queue.map(({ row }) => row)];
  }

  get heldRows(): number {
    return this.#inFlight.rows.length + this.#queue.length;
  }

  /** Whether no more rows should be added until a batch is done. */
  get full(): boolean {
    const { highWaterMark, highWaterMarkBytes } = this.#settings;
    return this.heldRows >= highWaterMark || this.#inFlight.bytes + this.#queuedBytes >= highWaterMarkBytes;
  }

  /** Further attempts to store a batch, or a part of it. */
  get retried(): number {
    return this.#retried;
  }

  get times(): BatchTimes {
    const { count, totalMs, lastMs, longestMs, lastStoredAt } = this.#times;
    return {
      lastStoredAt,
      lastBatchMs: lastMs,
      longestBatchMs: longestMs,
      meanBatchMs: count === 0 ? 0 : totalMs / count,
    };
  }

  add(row: Row): void {
    const bytes = this.#target.bytesOf(row);
    this.#queue.push({ row, bytes, addedAtMs: performance.now() });
    this.#queuedBytes += bytes;
    this.#added += 1;
    this.#schedule();
  }

  /** Stores what was added so far without waiting for more rows. Rejects if that fails. */
  flush(): Promise<void> {
    if (this.#done === this.#added) {
      return Promise.resolve();
    }
    if (this.#stopped !== undefined) {
      return Promise.reject(this.#stopped.reason);
    }
    const waiter = { rows: this.#added, done: Promise.withResolvers<void>() };
    this.#waiters.push(waiter);
    this.#flushUpTo = this.#added;
    this.#schedule();
    return waiter.done.promise;
  }

  /** Stores no row that is added from now on. */
  seal(): void {
    this.#last = Math.min(this.#last, this.#added);
  }

  /**
   * Starts no further batch. The one in flight cannot be called back: its rows are held until it is done.
   *
   * @param reason why, for those who wait; `undefined` if no row is held
   */
  stop(reason: Error | undefined): void {
    this.#stopped ??= { reason };
    clearTimeout(this.#timer);
    for (const { done } of this.#waiters.splice(0)) {
      done.reject(reason);
    }
  }

  /**
   * Returns all rows held, those in flight included, to be kept elsewhere: the outcome of the batch in flight no
   * longer matters. They are held until {@link release}. Called once, when no row is to come.
   */
  detach(): readonly Row[] {
    const rows = this.held;
    this.#detached = true;
    this.#inFlight = { rows, bytes: this.#inFlight.bytes + this.#queuedBytes };
    this.#queue = [];
    this.#queuedBytes = 0;
    clearTimeout(this.#timer);
    return rows;
  }

  /** No longer holds the rows that {@link detach} returned. */
  release(): void {
    this.#finishBatch();
  }

  /** Stores what is due. For what is not there is a timer, which keeps the process alive for waiting rows alone. */
  #schedule(): void {
    if (this.#storing) {
      return;
    }
    const waitMs = this.#waitMs;
    if (waitMs <= 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#storing = true;
      this.#target.track(() => this.#storeBatches()).catch((error: unknown) => this.#hooks.failed(error));
    } else if (waitMs !== Number.POSITIVE_INFINITY) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#schedule();
      }, Math.ceil(waitMs));
    }
  }

  /** How long the next batch still waits for rows; infinite if no row is to be stored. */
  get #waitMs(): number {
    const [first] = this.#queue;
    if (first === undefined || this.#stopped !== undefined || this.#detached || this.#done >= this.#last) {
      return Number.POSITIVE_INFINITY;
    }
    const { batchRows, batchBytes, flushIntervalMs } = this.#settings;
    const enough = this.#queue.length >= batchRows || this.#queuedBytes >= batchBytes || this.#flushUpTo > this.#done;
    return enough ? 0 : first.addedAtMs + flushIntervalMs - performance.now();
  }

  async #storeBatches(): Promise<void> {
    while (this.#waitMs <= 0) {
      this.#inFlight = this.#nextBatch();
      const { rows } = this.#inFlight;
      const start = performance.now();
      try {
        const batch = await traced(
          BATCHES,
          () => ({ 'db.operation.batch.size': rows.length }),
          () => this.#hooks.store(rows, this.#countRetry),
          (message, { inserted, updated, unchanged, spooled }) =>
            Object.assign(message, { inserted, updated, unchanged, spooled }),
        );
        if (!this.#detached) {
          this.#finishBatch(batch, performance.now() - start);
        }
      } catch (error) {
        if (!this.#detached) {
          this.#hooks.failed(error);
        }
      }
    }
    this.#storing = false;
    this.#schedule();
  }

  /** Takes as many rows from the queue as a batch may have, at least one. */
  #nextBatch(): { readonly rows: Row[]; readonly bytes: number } {
    const { batchRows, batchBytes } = this.#settings;
    const mostRows = Math.min(batchRows, this.#last - this.#done);
    let count = 0;
    let bytes = 0;
    for (const queued of this.#queue) {
      if (count === mostRows || (count > 0 && bytes + queued.bytes > batchBytes)) {
        break;
      }
      count += 1;
      bytes += queued.bytes;
    }
    this.#queuedBytes -= bytes;
    return { rows: this.#queue.splice(0, count).map(({ row }) => row), bytes };
  }

  readonly #countRetry = (): void => {
    this.#retried += 1;
  };

  #finishBatch(batch?: StoredBatch<Row>, ms = 0): void {
    this.#done += this.#inFlight.rows.length;
    this.#inFlight = { rows: [], bytes: 0 };
    if (batch !== undefined) {
      // a batch that went into a spool says nothing about the database
      if (batch.inserted + batch.updated + batch.unchanged > 0) {
        const times = this.#times;
        times.count += 1;
        times.totalMs += ms;
        times.lastMs = ms;
        times.longestMs = Math.max(times.longestMs, ms);
        times.lastStoredAt = new Date();
      }
      this.#hooks.stored(batch);
    }
    const finished = this.#waiters.filter(({ rows }) => rows <= this.#done);
    this.#waiters = this.#waiters.filter(({ rows }) => rows > this.#done);
    for (const { done } of finished) {
      done.resolve();
    }
  }
}
