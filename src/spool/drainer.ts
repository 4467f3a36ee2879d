import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isConfigurationError } from '../errors/configuration-error.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { SPOOLS, traced } from '../telemetry/channels.ts';
import type { SpoolContext } from './spool-context.ts';
import { spoolFileError } from './spool-errors.ts';
import type { SpoolFile } from './spool-file.ts';
import type { SpooledBatch } from './spooled-batch.ts';
import { storeBatch } from './store-batch.ts';

/** The longest pause between two attempts, as a multiple of the outage budget's: half a minute by default. */
const LONGEST_PAUSE = 6;

/** How long to wait after so many failures in a row. */
export function pauseMs({ baseDelayMs, maxDelayMs }: SpoolContext['pauses'], failures: number): number {
  const longest = Math.min(LONGEST_PAUSE * maxDelayMs, Math.max(1, baseDelayMs) * 2 ** Math.min(failures, 30));
  // at least half of it, so that nobody comes back at once; and not all of it, so that not all come back together
  return longest * (0.5 + Math.random() / 2);
}

/** Drains a spool's file into the database in the background, batch by batch, in their order. */
export class Drainer {
  /** Sets rows aside that the database refuses, even if it accepts no row at all. */
  setAside = false;
  /** Rows that were stored so far. */
  stored = 0;
  running: Promise<void> | undefined;
  /** Why rows are not drained; `undefined` if the last attempt succeeded. */
  error: DatabaseOperationError | undefined;
  readonly #context: SpoolContext;
  readonly #onChange: () => void;
  readonly #onEmptied: (file: SpoolFile) => Promise<void>;
  readonly #ended = new AbortController();
  /** Draining is no part of the operation that put the rows, and goes on after its end. */
  readonly #asyncContext = new AsyncResource('TradestoreSpool');

  /**
   * @param onChange called when rows were drained, or draining failed or ended
   * @param onEmptied called when no row is left in the file
   */
  constructor(context: SpoolContext, onChange: () => void, onEmptied: (file: SpoolFile) => Promise<void>) {
    this.#context = context;
    this.#onChange = onChange;
    this.#onEmptied = onEmptied;
  }

  /** Ended when draining is stopped for good. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Starts draining. Without effect if it is running, is stopped, or the file has no rows. */
  start(file: SpoolFile): void {
    if (this.running !== undefined || this.signal.aborted || file.totals.rows === 0) {
      return;
    }
    this.running = this.#asyncContext
      .runInAsyncScope(() => this.#drain(file))
      .finally(() => {
        this.running = undefined;
        // for rows that were put at the last moment
        this.start(file);
        this.#onChange();
      });
  }

  /** Stops after the attempt in flight. */
  stop(): void {
    this.#ended.abort();
  }

  /** Records why the database does not take rows, and logs it the first time. */
  fail(error: DatabaseOperationError, rows: number): void {
    const first = this.error === undefined;
    this.error = error;
    if (first) {
      const { logger, directory } = this.#context;
      logger.error(
        { directory, rows, kind: error.kind, reason: error.message },
        'the database takes no rows: they go to the spool, and from there into the database when it takes them again',
      );
    }
  }

  /** Waits after so many failures in a row, or until draining is stopped. */
  async pause(failures: number): Promise<void> {
    const ms = pauseMs(this.#context.pauses, failures);
    await sleep(ms, undefined, { signal: this.signal, ref: false }).catch(() => undefined);
  }

  async #drain(file: SpoolFile): Promise<void> {
    // a first failure: rows are here because the database has just not taken them
    let failures = this.error === undefined ? 0 : 1;
    for (;;) {
      if (failures > 0) {
        await this.pause(failures);
      }
      if (this.signal.aborted) {
        return;
      }
      try {
        const batch = await file.first();
        if (batch === undefined) {
          await this.#onEmptied(file);
          return;
        }
        await this.#storeBatch(file, batch);
        failures = 0;
        this.error = undefined;
      } catch (error) {
        if (this.#context.store.closed() || this.signal.aborted) {
          this.stop();
          return;
        }
        failures += 1;
        this.fail(spoolFileError('spool', this.#context.directory, error), file.totals.rows);
        if (isConfigurationError(error)) {
          // another process has the file now and drains it
          this.stop();
        }
      }
      this.#onChange();
    }
  }

  /** A batch is deleted only after the database has acknowledged it. A crash in between stores it twice, which changes nothing. */
  async #storeBatch(file: SpoolFile, batch: SpooledBatch): Promise<void> {
    const { directory, store, logger } = this.#context;
    const refused = await traced(
      SPOOLS,
      () => ({ 'db.operation.name': 'drain', 'db.operation.batch.size': batch.count, directory }),
      () => storeBatch(store, batch, () => file.later(batch), this.setAside, this.signal),
    );
    if (refused.length > 0) {
      logger.error(
        { directory, rows: refused.length, reason: refused[0]?.reason },
        'the database refused spooled rows because of what is in them: they stay in the spool, `tradestore spool export` shows them and `tradestore spool retry` puts them back',
      );
    }
    await file.remove(batch, refused);
    this.stored += batch.damaged === undefined ? batch.count - refused.length : 0;
  }
}
