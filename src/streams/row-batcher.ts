import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WriterSettings } from '../schemas/writer-options.schema.ts';
import { BATCHES, traced } from '../telemetry/channels.ts';
import { RowQueue } from './row-queue.ts';
import type { RowSink, StoredBatch } from './writer-target.ts';

/** How batches went that the database has taken. */
export interface BatchTimes {
  /** When the last of them was stored; `null` before the first. */
  readonly lastStoredAt: Date | null;
  /** How long the last one took, with all that had to be tried again, in milliseconds; 0 before the first. */
  readonly lastBatchMs: number;
  readonly longestBatchMs: number;
  readonly meanBatchMs: number;
}

/** What a batcher tells of. */
export interface BatcherEvents<Row> {
  /** A batch is done; its rows are held no more. */
  stored(batch: StoredBatch<Row>): void;
  /** A batch failed for good and its rows are still held: whoever is told stops the batcher. */
  failed(error: unknown): void;
}

interface Waiter {
  /** Settled when so many rows are. */
  readonly rows: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Gathers rows into batches and stores them one batch after the other: two versions of one row must not
 * overtake each other on two connections. While a batch is on its way the next ones gather.
 */
export class RowBatcher<Row> {
  readonly #sink: RowSink<Row>;
  readonly #settings: WriterSettings;
  readonly #events: BatcherEvents<Row>;
  readonly #queue = new RowQueue<Row>();
  #underWay: { readonly rows: readonly Row[]; readonly bytes: number } = { rows: [], bytes: 0 };
  #storing = false;
  #timer: NodeJS.Timeout | undefined;
  #waiters: Waiter[] = [];
  // counted in rows that were added; they settle in that order
  #added = 0;
  #settled = 0;
  #urgent = 0;
  #last = Number.POSITIVE_INFINITY;
  #stopped: { readonly reason: Error } | undefined;
  #taken = false;
  #retried = 0;
  #times = { count: 0, totalMs: 0, lastMs: 0, longestMs: 0, lastStoredAt: null as Date | null };

  constructor(sink: RowSink<Row>, settings: WriterSettings, events: BatcherEvents<Row>) {
    this.#sink = sink;
    this.#settings = settings;
    this.#events = events;
  }

  /** Rows that are not known to be stored, in the order they were added: those on their way, then those that wait. */
  get held(): Row[] {
    return [...this.#underWay.rows, ...this.#queue.rows()];
  }

  get heldRows(): number {
    return this.#underWay.rows.length + this.#queue.length;
  }

  /** Whether no more should be added until a batch is done. */
  get full(): boolean {
    const { highWaterMark, highWaterMarkBytes } = this.#settings;
    return this.heldRows >= highWaterMark || this.#underWay.bytes + this.#queue.bytes >= highWaterMarkBytes;
  }

  /** Attempts to store a batch, or a part of it, that had to be made again. */
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
    this.#queue.push(row, this.#sink.bytesOf(row));
    this.#added += 1;
    this.#go();
  }

  /** Stores what was added until now without waiting for more; rejects when that could not be done. */
  flush(): Promise<void> {
    if (this.#settled === this.#added) {
      return Promise.resolve();
    }
    if (this.#stopped !== undefined) {
      return Promise.reject(this.#stopped.reason);
    }
    const waiter = { rows: this.#added, done: Promise.withResolvers<void>() };
    this.#waiters.push(waiter);
    this.#urgent = this.#added;
    this.#go();
    return waiter.done.promise;
  }

  /** Stores nothing that is added from here on. */
  seal(): void {
    this.#last = Math.min(this.#last, this.#added);
  }

  /** Begins no further batch. One that is under way cannot be called back: its rows are held until it is done. */
  stop(reason: Error): void {
    this.#stopped ??= { reason };
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { done } of this.#waiters.splice(0)) {
      done.reject(reason);
    }
  }

  /**
   * Hands over all that is held, what is on its way included: whatever becomes of that is of no matter any
   * more. It is held until {@link release} says that it is safe. Called once, when no row is to come.
   */
  handOver(): readonly Row[] {
    const rows = this.held;
    this.#taken = true;
    this.#underWay = { rows, bytes: this.#underWay.bytes + this.#queue.bytes };
    this.#queue.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return rows;
  }

  /** Holds no more what was handed over. */
  release(): void {
    this.#settle();
  }

  /** Begins to store, if it is time; else sees to it that it is begun in time. */
  #go(): void {
    if (this.#storing) {
      return;
    }
    if (!this.#due()) {
      this.#setTimer();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#storing = true;
    this.#sink.hold(() => this.#storeBatches()).catch((error: unknown) => this.#events.failed(error));
  }

  async #storeBatches(): Promise<void> {
    while (this.#due()) {
      await this.#storeBatch();
    }
    this.#storing = false;
    this.#setTimer();
  }

  async #storeBatch(): Promise<void> {
    const { batchRows, batchBytes } = this.#settings;
    this.#underWay = this.#queue.take(Math.min(batchRows, this.#last - this.#settled), batchBytes);
    const start = performance.now();
    let batch: StoredBatch<Row>;
    try {
      const { rows } = this.#underWay;
      const store = (): Promise<StoredBatch<Row>> =>
        this.#sink.store(rows, () => {
          this.#retried += 1;
        });
      batch = await traced(
        BATCHES,
        () => ({ 'db.operation.batch.size': rows.length }),
        store,
        (message, stored) => {
          const { inserted, updated, unchanged, spooled } = stored;
          Object.assign(message, { inserted, updated, unchanged, spooled });
        },
      );
      // SQLite and a spool answer without a turn of the event loop: a source that goes on at once would
      // otherwise keep timers, signals and sockets waiting
      await nextTurn();
    } catch (error) {
      if (!this.#taken) {
        this.#events.failed(error);
      }
      return;
    }
    if (!this.#taken) {
      this.#time(batch, performance.now() - start);
      this.#settle(batch);
    }
  }

  /** What went into a spool says nothing of the database. */
  #time({ inserted, updated, unchanged }: StoredBatch<Row>, ms: number): void {
    if (inserted + updated + unchanged === 0) {
      return;
    }
    const { count, totalMs, longestMs } = this.#times;
    this.#times = {
      count: count + 1,
      totalMs: totalMs + ms,
      lastMs: ms,
      longestMs: Math.max(longestMs, ms),
      lastStoredAt: new Date(),
    };
  }

  #settle(batch?: StoredBatch<Row>): void {
    this.#settled += this.#underWay.rows.length;
    this.#underWay = { rows: [], bytes: 0 };
    if (batch !== undefined) {
      this.#events.stored(batch);
    }
    const settled = this.#waiters.filter(({ rows }) => rows <= this.#settled);
    this.#waiters = this.#waiters.filter(({ rows }) => rows > this.#settled);
    for (const { done } of settled) {
      done.resolve();
    }
  }

  #due(): boolean {
    const { batchRows, batchBytes } = this.#settings;
    const waitMs = this.#waitMs;
    if (waitMs === undefined) {
      return false;
    }
    const enough = this.#queue.length >= batchRows || this.#queue.bytes >= batchBytes;
    return enough || this.#urgent > this.#settled || waitMs <= 0;
  }

  /** How long the first of the rows may still wait; nothing where none is to be stored. */
  get #waitMs(): number | undefined {
    const { firstArrivedMs } = this.#queue;
    if (firstArrivedMs === undefined || this.#stopped !== undefined || this.#taken || this.#settled >= this.#last) {
      return undefined;
    }
    return firstArrivedMs + this.#settings.flushIntervalMs - performance.now();
  }

  /** There is a timer only while rows wait: it keeps the process alive for them, and for nothing else. */
  #setTimer(): void {
    const waitMs = this.#waitMs;
    if (waitMs === undefined || this.#timer !== undefined) {
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#go();
      },
      Math.max(1, Math.ceil(waitMs)),
    );
  }
}
