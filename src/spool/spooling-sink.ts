import { isConfigurationError } from '../errors/configuration-error.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { RowSpool } from '../streams/row-spool.ts';
import type { RowSink, StoredBatch } from '../streams/writer-target.ts';
import type { Spool } from './spool.ts';
import type { BatchKind } from './spooled-batch.ts';

/**
 * While a spool is being drained, a batch waits for the end of that so long before it is put behind it: so a
 * source that is faster than the database does not keep the spool from ever being empty.
 */
const PATIENCE_MS = 1_000;

const NOTHING = { inserted: 0, updated: 0, unchanged: 0, rejected: [] } as const;

/** Stores rows in the database while it takes them, and in a spool while it does not. */
class SpoolingSink<Row> implements RowSink<Row> {
  readonly operation: string;
  readonly check: RowSink<Row>['check'];
  readonly bytesOf: RowSink<Row>['bytesOf'];
  readonly hold: RowSink<Row>['hold'];
  readonly spool: RowSpool<Row>;
  readonly #database: RowSink<Row>;
  readonly #spool: Spool;
  readonly #batchKind: BatchKind;
  readonly #ended = new AbortController();

  constructor(database: RowSink<Row>, spool: Spool, batchKind: BatchKind) {
    this.operation = database.operation;
    this.check = database.check;
    this.bytesOf = database.bytesOf;
    this.hold = database.hold;
    this.#database = database;
    this.#spool = spool;
    this.#batchKind = batchKind;
    this.spool = {
      opened: spool.opened,
      get state() {
        return spool.state;
      },
      watch: (listener) => spool.changes.watch(listener),
      giveUp: () => this.#ended.abort(),
      keep: (rows) => spool.put(batchKind, rows, undefined, () => undefined),
    };
  }

  /**
   * What comes later never overtakes what is spooled: as long as there is anything in the spool, rows go
   * behind it. Where there is no room either, they wait until there is, or until the database takes them.
   */
  async store(rows: readonly Row[], onRetry: () => void): Promise<StoredBatch<Row>> {
    await this.#spool.opened;
    let patient = true;
    for (let failures = 1; ; ) {
      this.#assertGoingOn();
      let reason: unknown;
      if (this.#spool.empty) {
        try {
          return await this.#database.store(rows, onRetry);
        } catch (error) {
          // rows that were refused too: whether that is their own fault shows when they are drained
          reason = error;
        }
      } else if (patient && this.#spool.goesWell) {
        patient = await this.#waitForDrain();
        continue;
      }
      try {
        await this.#spool.put(this.#batchKind, rows, reason, () => this.#assertGoingOn());
        return { ...NOTHING, spooled: rows.length };
      } catch (error) {
        if (isConfigurationError(error)) {
          throw error;
        }
        this.#assertGoingOn();
        await this.#spool.changes.next(this.#spool.pauseMs(failures), this.#ended.signal);
        failures += 1;
        patient = true;
      }
    }
  }

  /** Waits until the spool is empty; false when that takes too long or does not go well. */
  async #waitForDrain(): Promise<boolean> {
    const end = performance.now() + PATIENCE_MS;
    while (!this.#spool.empty) {
      const leftMs = end - performance.now();
      if (leftMs <= 0 || !this.#spool.goesWell || this.#ended.signal.aborted) {
        return false;
      }
      await this.#spool.changes.next(leftMs, this.#ended.signal);
    }
    return true;
  }

  #assertGoingOn(): void {
    if (this.#ended.signal.aborted) {
      const { operation } = this;
      throw new DatabaseOperationError(`${operation}: the writer has ended`, { operation, kind: 'closed' });
    }
  }
}

/** A sink that falls back on a spool. */
export function spoolingSink<Row>(database: RowSink<Row>, spool: Spool, batchKind: BatchKind): RowSink<Row> {
  return new SpoolingSink(database, spool, batchKind);
}
