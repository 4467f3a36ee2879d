import { AsyncResource } from 'node:async_hooks';
import { addAbortSignal, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { Issue } from '../errors/issue.ts';
import type { WriterSettings } from '../schemas/writer-options.schema.ts';
import { type BatchTimes, RowBatcher } from './row-batcher.ts';
import { type SpoolState, spoolCondition } from './spool-state.ts';
import { destroyedError, notListenedError, withUnwritten } from './writer-errors.ts';
import type { RowSink, StoredBatch } from './writer-target.ts';

/** A row that a writer refused, and why. */
export interface RejectedInput<Input> {
  /** What was written; or, where it is the database that would not take it, its checked form. */
  readonly row: Input;
  readonly issues: readonly Issue[];
}

/** What a writer has done since it was made. `written + unchanged + rejected + spooled + queued` is what it was given. */
export interface WriterStats extends BatchTimes {
  /** Rows that changed the table: `inserted + updated`. */
  readonly written: number;
  readonly inserted: number;
  readonly updated: number;
  /** Kept as they were, because they were stored already or because another of the batch replaced them. */
  readonly unchanged: number;
  /** Told by `'rejected'`. */
  readonly rejected: number;
  /** Attempts to store a batch, or a part of it, that had to be made again: a deadlock, a lost connection. */
  readonly retried: number;
  /** Rows held now: those that wait and those on their way. */
  readonly queued: number;
  /** Rows that went into the spool instead of the database; what it still holds of them and of others is in `spool`. */
  readonly spooled: number;
  /** The state of its spool; `undefined` where it has none. */
  readonly spool: SpoolState | undefined;
}

type Listener = Parameters<Writable['on']>[1];
type Taken = (error: Error | null | undefined) => void;

/**
 * A Node Writable in object mode that checks each row as it is written, gathers rows into batches and stores
 * one batch after the other. It is made by `candleWriter()` and `rawTradeWriter()`, which tell the rest.
 */
export class RowWriter<Input, Row extends Input> extends Writable {
  readonly #sink: RowSink<Row>;
  readonly #settings: WriterSettings;
  readonly #batcher: RowBatcher<Row>;
  readonly #counts = { inserted: 0, updated: 0, unchanged: 0, rejected: 0, spooled: 0 };
  #needsDrain = false;
  #cuttingOff: Promise<void> | undefined;
  // set when the instance is closed: what is to be said to whoever writes on
  #closing: { readonly error: DatabaseOperationError; done: boolean; missed: boolean } | undefined;

  /** @internal */
  constructor(sink: RowSink<Row>, settings: WriterSettings) {
    // how much is held is counted here, over all; Node's own buffer stays empty
    super({ objectMode: true, highWaterMark: Number.MAX_SAFE_INTEGER });
    this.#sink = sink;
    this.#settings = settings;
    this.#batcher = new RowBatcher(sink, settings, {
      // listeners run as the code that made the writer, not as a part of the operation that stores a batch
      stored: AsyncResource.bind(({ inserted, updated, unchanged, rejected, spooled = 0 }: StoredBatch<Row>) => {
        this.#counts.inserted += inserted;
        this.#counts.updated += updated;
        this.#counts.unchanged += unchanged;
        this.#counts.spooled += spooled;
        for (const { row, issues } of rejected) {
          this.#reject(row, issues);
        }
        this.#makeRoom();
      }),
      failed: AsyncResource.bind((error: unknown) => this.destroy(this.#sayUnwritten(error as Error))),
    });
    this.#watchSpool();
    if (settings.signal !== undefined) {
      addAbortSignal(settings.signal, this);
    }
  }

  /** What it has done since it was made. */
  stats(): WriterStats {
    const { inserted, updated } = this.#counts;
    const { retried, heldRows, times } = this.#batcher;
    const spool = this.#sink.spool?.state;
    return { written: inserted + updated, ...this.#counts, retried, queued: heldRows, spool, ...times };
  }

  /**
   * The rows that were taken and are not known to be stored, oldest first, in their checked form. When the
   * writer has failed or was destroyed, they may be given to another one as they are: a row that was stored
   * after all is not stored twice. While a batch is on its way its rows are among them.
   */
  get unwritten(): readonly Row[] {
    return this.#batcher.held;
  }

  /**
   * Stores what was written before the call now instead of in a while: in the database, or in the spool where
   * the writer has one and the database cannot take it.
   *
   * @throws DatabaseOperationError when it could not be stored; the writer has failed with the same error
   */
  flush(): Promise<void> {
    return this.#batcher.flush();
  }

  /**
   * Takes a row: checks and copies it, so that the object may be changed afterwards.
   *
   * @param taken is called when the row was taken, not when it is stored: that is what `flush()` is for
   * @returns false when it holds enough: wait for `'drain'` before the next row
   */
  override write(row: Input, taken?: Taken): boolean;
  override write(row: Input, encoding: BufferEncoding, taken?: Taken): boolean;
  /** For the compiler, to which it is a stream as any other: nothing has the type of this row. */
  override write(row: never, encoding?: BufferEncoding | Taken, taken?: Taken): boolean;
  override write(row: Input, encoding?: BufferEncoding | Taken, taken?: Taken): boolean {
    const goOn =
      typeof encoding === 'function' ? super.write(row, encoding) : super.write(row, encoding ?? 'utf8', taken);
    if (goOn && !this.#batcher.full && this.#closing === undefined) {
      return true;
    }
    this.#needsDrain = true;
    return false;
  }

  /** Stores what is left, then emits `'finish'`. */
  override end(taken?: () => void): this;
  override end(row: Input, taken?: () => void): this;
  override end(row: Input, encoding: BufferEncoding, taken?: () => void): this;
  /** For the compiler, as above. */
  override end(row: never, encoding?: BufferEncoding | (() => void), taken?: () => void): this;
  override end(...given: [row?: unknown, encoding?: unknown, taken?: unknown]): this {
    return super.end(...(given as [Input]));
  }

  /** Without effect: a writer gathers rows anyway. */
  override cork(): void {}

  override on(event: 'rejected', listener: (rejected: RejectedInput<Input>) => void): this;
  override on(event: 'spool', listener: (state: SpoolState) => void): this;
  override on(event: 'error', listener: (error: Error) => void): this;
  override on(event: 'close' | 'drain' | 'finish', listener: () => void): this;
  override on(event: string | symbol, listener: Listener): this;
  override on(event: string | symbol, listener: Listener): this {
    return super.on(event, listener);
  }

  override once(event: 'rejected', listener: (rejected: RejectedInput<Input>) => void): this;
  override once(event: 'spool', listener: (state: SpoolState) => void): this;
  override once(event: 'error', listener: (error: Error) => void): this;
  override once(event: 'close' | 'drain' | 'finish', listener: () => void): this;
  override once(event: string | symbol, listener: Listener): this;
  override once(event: string | symbol, listener: Listener): this {
    return super.once(event, listener);
  }

  /** Ends the writer and waits until all is stored. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.destroyed && this.errored === null) {
      return;
    }
    this.end();
    await finished(this);
  }

  // Node's own are accessors, which its types give as fields: those cannot be overridden as what they are
  static {
    const reader = <T>(read: (writer: RowWriter<unknown, unknown>) => T): PropertyDescriptor => ({
      configurable: true,
      get(this: RowWriter<unknown, unknown>): T {
        return read(this);
      },
    });
    Object.defineProperties(RowWriter.prototype, {
      writableLength: reader((writer) => writer.#batcher.heldRows),
      writableHighWaterMark: reader((writer) => writer.#settings.highWaterMark),
      writableNeedDrain: reader((writer) => writer.#needsDrain && !writer.destroyed && !writer.writableEnded),
    });
  }

  /** @internal */
  override _write(input: Input, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const checked = this.#sink.check(input);
    if (checked.ok) {
      this.#batcher.add(checked.value);
    }
    callback();
    if (!checked.ok) {
      this.#reject(input, checked.issues);
    }
    if (this.#closing !== undefined) {
      this.#closing.missed = true;
      this.#failWhenClosed();
    }
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#batcher.flush().then(() => callback(), callback);
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#sink.spool?.giveUp();
    this.#batcher.stop(error ?? destroyedError(this.#sink.operation, this.#batcher.heldRows));
    callback(error);
  }

  /**
   * Stores what it holds, for an instance that is being closed. It is not ended, since its source may not
   * have: a row that comes later makes it fail with the error, but only when all before it are stored.
   *
   * @internal
   */
  async settle(error: DatabaseOperationError): Promise<void> {
    if (this.destroyed || this.#closing !== undefined) {
      return;
    }
    this.#closing = { error, done: false, missed: false };
    this.#batcher.seal();
    // a failure is told by 'error'
    await this.#batcher.flush().catch(() => undefined);
    this.#closing.done = true;
    this.#failWhenClosed();
  }

  /**
   * Waits for nothing more, for an instance that is closed by force or has waited long enough: what it holds
   * goes into the spool where it has one. What does not get there is dropped, and the writer fails.
   *
   * @internal
   */
  cutOff(error: DatabaseOperationError): Promise<void> {
    this.#cuttingOff ??= this.#cutOff(error);
    return this.#cuttingOff;
  }

  async #cutOff(error: DatabaseOperationError): Promise<void> {
    const { spool } = this.#sink;
    if (spool !== undefined && !this.destroyed && this.#batcher.heldRows > 0) {
      spool.giveUp();
      const rows = this.#batcher.handOver();
      const kept = await spool.keep(rows).then(
        () => true,
        () => false,
      );
      if (kept) {
        this.#counts.spooled += rows.length;
        this.#batcher.release();
      }
    }
    // an error that nobody listens for ends the process: not for a writer that has nothing to lose
    const matters = this.#batcher.heldRows > 0 || this.listenerCount('error') > 0;
    this.destroy(matters ? (this.#sayUnwritten(error) as Error) : undefined);
  }

  /** A spool that cannot be used is told before the first outage, which may be months away. */
  #watchSpool(): void {
    const { spool } = this.#sink;
    if (spool === undefined) {
      return;
    }
    spool.opened.catch((error: Error) => this.destroy(this.#sayUnwritten(error)));
    let last = spoolCondition(spool.state);
    const stop = spool.watch(
      AsyncResource.bind(() => {
        const now = spoolCondition(spool.state);
        if (now !== last) {
          last = now;
          // what a listener throws is its own affair
          process.nextTick(() => this.emit('spool', spool.state));
        }
      }),
    );
    this.once('close', stop);
  }

  #failWhenClosed(): void {
    if (this.#closing?.done === true && this.#closing.missed) {
      this.destroy(this.#sayUnwritten(this.#closing.error));
    }
  }

  #reject(row: Input, issues: readonly Issue[]): void {
    this.#counts.rejected += 1;
    try {
      if (!this.emit('rejected', { row, issues } satisfies RejectedInput<Input>)) {
        this.destroy(notListenedError(this.#sink.operation, issues, this.#batcher.heldRows));
      }
    } catch (error) {
      // a listener that throws wants no more of it
      this.destroy(error as Error);
    }
  }

  #makeRoom(): void {
    if (!this.writableNeedDrain || this.#batcher.full || this.#closing !== undefined) {
      return;
    }
    this.#needsDrain = false;
    // what a listener throws is its own affair, as with any stream
    process.nextTick(() => {
      if (!this.destroyed && !this.writableEnded) {
        this.emit('drain');
      }
    });
  }

  #sayUnwritten(error: Error): Error {
    return error instanceof DatabaseOperationError
      ? withUnwritten(this.#sink.operation, error, this.#batcher.heldRows)
      : error;
  }
}
