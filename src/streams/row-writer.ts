import { AsyncResource } from 'node:async_hooks';
import { addAbortSignal, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { Issue } from '../errors/issue.ts';
import type { WriterSettings } from '../schemas/writer-options.schema.ts';
import { type BatchTimes, RowBatcher } from './row-batcher.ts';
import type { RowSpool, SpoolState } from './row-spool.ts';
import { destroyedError, notListenedError, withUnwritten } from './writer-errors.ts';
import type { StoredBatch, WriterTarget } from './writer-target.ts';

/** A row that was not stored, and why. */
export interface RejectedInput<Input> {
  /** What was written; if the database rejected it, its checked form. */
  readonly row: Input;
  readonly issues: readonly Issue[];
}

/** What a writer has done since it was made. `written + unchanged + rejected + spooled + queued` is what it was given. */
export interface WriterStats extends BatchTimes {
  /** Rows that changed the table: `inserted + updated`. */
  readonly written: number;
  readonly inserted: number;
  readonly updated: number;
  /** Kept as they were, because they were stored already or because another row of the batch replaced them. */
  readonly unchanged: number;
  /** Rows that `'rejected'` was emitted for. */
  readonly rejected: number;
  /** Further attempts to store a batch, or a part of it, after a deadlock or a lost connection. */
  readonly retried: number;
  /** Rows held now: those that wait and those in flight. */
  readonly queued: number;
  /** Rows that went into the spool instead of the database. What the spool still holds, of all writers, is in `spool`. */
  readonly spooled: number;
  /** The state of its spool; `undefined` if it has none. */
  readonly spool: SpoolState | undefined;
}

type Listener = Parameters<Writable['on']>[1];
type WriteCallback = (error: Error | null | undefined) => void;

/**
 * A Node Writable in object mode that checks each row as it is written, gathers rows into batches and stores
 * one batch after the other. `candleWriter()` and `rawTradeWriter()` make it and document it.
 */
export class RowWriter<Input, Row extends Input> extends Writable {
  readonly #target: WriterTarget<Row>;
  readonly #settings: WriterSettings;
  readonly #spool: RowSpool | undefined;
  readonly #batcher: RowBatcher<Row>;
  readonly #counts = { inserted: 0, updated: 0, unchanged: 0, rejected: 0, spooled: 0 };
  /** Ends waiting for the spool. */
  readonly #ended = new AbortController();
  #needsDrain = false;
  #aborting: Promise<void> | undefined;
  /** Set when the instance is closed: the error for rows that are written afterwards. */
  #closing: { readonly error: DatabaseOperationError; done: boolean; missed: boolean } | undefined;

  /** @internal */
  constructor(target: WriterTarget<Row>, settings: WriterSettings, spool?: RowSpool) {
    // the batcher counts what is held; Node's own buffer stays empty
    super({ objectMode: true, highWaterMark: Number.MAX_SAFE_INTEGER });
    this.#target = target;
    this.#settings = settings;
    this.#spool = spool;
    this.#batcher = new RowBatcher(target, settings, {
      store: (rows, onRetry) =>
        spool === undefined
          ? target.store(rows, onRetry)
          : spool.store(target.batchKind, rows, () => target.store(rows, onRetry), this.#ended.signal),
      // listeners run in the context in which the writer was made, not inside the operation that stores a batch
      stored: AsyncResource.bind((batch: StoredBatch<Row>) => this.#batchStored(batch)),
      failed: AsyncResource.bind((error: unknown) => this.destroy(this.#withUnwritten(error as Error))),
    });
    if (spool !== undefined) {
      this.#watchSpool(spool);
    }
    if (settings.signal !== undefined) {
      addAbortSignal(settings.signal, this);
    }
  }

  /** What it has done since it was made. */
  stats(): WriterStats {
    const { inserted, updated } = this.#counts;
    const { retried, heldRows, times } = this.#batcher;
    const spool = this.#spool?.state;
    return { written: inserted + updated, ...this.#counts, retried, queued: heldRows, spool, ...times };
  }

  /**
   * The rows that were written and are not known to be stored, oldest first, in their checked form. When the
   * writer has failed or was destroyed, they may be written to another one: a row that was stored after all is
   * not stored twice. The rows of a batch in flight are among them.
   */
  get unwritten(): readonly Row[] {
    return this.#batcher.held;
  }

  /**
   * Stores what was written before the call now instead of later: in the database, or in the spool if the writer
   * has one and the database cannot take it.
   *
   * @throws DatabaseOperationError when it could not be stored; the writer has failed with the same error
   */
  flush(): Promise<void> {
    return this.#batcher.flush();
  }

  /**
   * Checks and copies a row, so that the object may be changed afterwards.
   *
   * @param callback called when the row was copied, not when it is stored: `flush()` waits for that
   * @returns false when the writer holds enough: wait for `'drain'` before the next row
   */
  override write(row: Input, callback?: WriteCallback): boolean;
  override write(row: Input, encoding: BufferEncoding, callback?: WriteCallback): boolean;
  /** For the compiler, which takes it for a stream like any other: no row has this type. */
  override write(row: never, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean;
  override write(row: Input, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean {
    const goOn =
      typeof encoding === 'function' ? super.write(row, encoding) : super.write(row, encoding ?? 'utf8', callback);
    if (goOn && !this.#batcher.full && this.#closing === undefined) {
      return true;
    }
    this.#needsDrain = true;
    return false;
  }

  /** Stores what is left, then emits `'finish'`. */
  override end(callback?: () => void): this;
  override end(row: Input, callback?: () => void): this;
  override end(row: Input, encoding: BufferEncoding, callback?: () => void): this;
  /** For the compiler, as above. */
  override end(row: never, encoding?: BufferEncoding | (() => void), callback?: () => void): this;
  override end(...given: [row?: unknown, encoding?: unknown, callback?: unknown]): this {
    return super.end(...(given as [Input]));
  }

  /** Has no effect: a writer gathers rows anyway. */
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

  /** Ends the writer and waits until all rows are stored. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.destroyed && this.errored === null) {
      return;
    }
    this.end();
    await finished(this);
  }

  // in Node's types these are fields, which accessors cannot override
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
    const checked = this.#target.check(input);
    if (checked.ok) {
      this.#batcher.add(checked.value);
    }
    callback();
    if (!checked.ok) {
      this.#reject(input, checked.issues);
    }
    if (this.#closing !== undefined) {
      this.#closing.missed = true;
      this.#failAfterClose();
    }
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#batcher.flush().then(() => callback(), callback);
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { heldRows } = this.#batcher;
    // nobody waits for a writer that holds nothing
    const reason = error ?? (heldRows === 0 ? undefined : destroyedError(this.#target.operation, heldRows));
    this.#ended.abort(reason);
    this.#batcher.stop(reason);
    callback(error);
  }

  /**
   * Stores what it holds, for an instance that is being closed. The stream does not end, since its source may not
   * have: a row that is written later makes it fail with the error, once all rows before it are stored.
   *
   * @internal
   */
  async flushAndSeal(error: DatabaseOperationError): Promise<void> {
    if (this.destroyed || this.#closing !== undefined) {
      return;
    }
    this.#closing = { error, done: false, missed: false };
    this.#batcher.seal();
    // a failure is reported by 'error'
    await this.#batcher.flush().catch(() => undefined);
    this.#closing.done = true;
    this.#failAfterClose();
  }

  /**
   * Stops waiting, for an instance that is closed by force or has waited long enough: what the writer holds goes
   * into its spool. If it has none, or the spool does not take the rows, they are dropped and the writer fails.
   *
   * @internal
   */
  abort(error: DatabaseOperationError): Promise<void> {
    this.#aborting ??= this.#abort(error);
    return this.#aborting;
  }

  async #abort(error: DatabaseOperationError): Promise<void> {
    if (this.#spool !== undefined && !this.destroyed && this.#batcher.heldRows > 0) {
      this.#ended.abort(error);
      const rows = this.#batcher.detach();
      try {
        await this.#spool.put(this.#target.batchKind, rows);
        this.#counts.spooled += rows.length;
        this.#batcher.release();
      } catch {
        // the rows stay in `unwritten`, and the writer fails
      }
    }
    // an 'error' without a listener ends the process: not for a writer that has lost nothing
    const matters = this.#batcher.heldRows > 0 || this.listenerCount('error') > 0;
    this.destroy(matters ? this.#withUnwritten(error) : undefined);
  }

  #batchStored({ inserted, updated, unchanged, rejected, spooled = 0 }: StoredBatch<Row>): void {
    this.#counts.inserted += inserted;
    this.#counts.updated += updated;
    this.#counts.unchanged += unchanged;
    this.#counts.spooled += spooled;
    for (const { row, issues } of rejected) {
      this.#reject(row, issues);
    }
    if (!this.#needsDrain || this.#batcher.full || this.#closing !== undefined) {
      return;
    }
    this.#needsDrain = false;
    // in a tick of its own, as any stream does it
    process.nextTick(() => {
      if (!this.destroyed && !this.writableEnded) {
        this.emit('drain');
      }
    });
  }

  /** A spool that cannot be used is reported at once, not at the first outage, which may be months away. */
  #watchSpool(spool: RowSpool): void {
    spool.opened.catch((error: Error) => this.destroy(this.#withUnwritten(error)));
    const unsubscribe = spool.onChange(
      // in a tick of its own, so that an error of a listener does not reach the spool
      AsyncResource.bind(() => process.nextTick(() => this.emit('spool', spool.state))),
    );
    this.addListener('close', unsubscribe);
  }

  #failAfterClose(): void {
    if (this.#closing?.done === true && this.#closing.missed) {
      this.destroy(this.#withUnwritten(this.#closing.error));
    }
  }

  #reject(row: Input, issues: readonly Issue[]): void {
    this.#counts.rejected += 1;
    try {
      if (!this.emit('rejected', { row, issues } satisfies RejectedInput<Input>)) {
        this.destroy(notListenedError(this.#target.operation, issues, this.#batcher.heldRows));
      }
    } catch (error) {
      // a listener that throws ends the writer
      this.destroy(error as Error);
    }
  }

  #withUnwritten(error: Error): Error {
    return error instanceof DatabaseOperationError
      ? withUnwritten(this.#target.operation, error, this.#batcher.heldRows)
      : error;
  }
}
