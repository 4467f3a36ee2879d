import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { unlessAborted } from '../async/waiting.ts';
import type { Settings } from '../config/settings.ts';
import type { PoolState } from '../databases/pool/connection-pool.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { shownMessage } from '../errors/shown-fault.ts';
import { translateError } from '../errors/translate-error.ts';
import type { Executor, RunOptions, Snapshot } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import { debugLine } from '../logger/logger.ts';
import { type RetryAttempts, type RetryNotice, retry } from '../retry/retry.ts';
import { ATTEMPTS, type AttemptTrace, traced } from '../telemetry/channels.ts';
import type { Database, HeldSnapshot } from './database.ts';
import { closedError, type InFlightTracker } from './in-flight-tracker.ts';
import { migrateUp } from './migrate.ts';

const NO_POOL: PoolState = { size: 0, free: 0, pending: 0 };

/** Carries what a caller's own code threw past the retry: it is neither retried nor translated. */
export class UserCallbackError extends Error {
  readonly original: unknown;

  constructor(original: unknown) {
    super("the caller's code failed");
    this.original = original;
  }
}

/** How an operation is attempted. */
export interface AttemptOptions extends Pick<RunOptions, 'idempotent' | 'waitsForPool' | 'onRetry' | 'signal'> {
  readonly attempts?: RetryAttempts | undefined;
}

/**
 * Runs operations on the instance's database, which its first one connects: the one place that retries, translates and
 * logs them.
 */
export class OperationExecutor implements Executor {
  /** An embedded database answers within the same turn, so that nothing else would ever run. */
  readonly turn = (): Promise<void> => nextTurn();
  readonly #settings: Settings;
  readonly #tracker: InFlightTracker;
  /** When aborted, no operation makes a further attempt. */
  readonly #noMoreAttempts: AbortSignal;
  #opening: Promise<Database> | undefined;
  #database: Database | undefined;

  constructor(settings: Settings, tracker: InFlightTracker) {
    this.#settings = settings;
    this.#tracker = tracker;
    this.#noMoreAttempts = AbortSignal.any([tracker.cutOff, settings.retry.signal ?? tracker.cutOff]);
  }

  get poolState(): PoolState {
    return this.#database?.pool.state ?? NO_POOL;
  }

  /** Closes the idle connections now, and those in use when they are released. */
  clearPool(): void {
    this.#database?.pool.clear();
  }

  /**
   * The database, which the first call connects; concurrent callers share one attempt. An attempt that fails is
   * forgotten, so that the next call makes another.
   */
  open(): Promise<Database> {
    this.#opening ??= this.#connect().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #connect(): Promise<Database> {
    const { autoMigrate, logger } = this.#settings;
    // the ORM and the driver are loaded by the first connection: a program that imports the library starts without them
    const { Database } = await import('./database.ts');
    const database = await Database.open(this.#settings);
    try {
      const migrations = autoMigrate ? await migrateUp(database) : [];
      logger.info({ server: database.dialect.label, migrations }, 'connected');
      this.#database = database;
      return database;
    } catch (error) {
      await database.close(true);
      throw error;
    }
  }

  /** Ends every connection of the pool at once; statements under way fail. */
  async abortConnections(): Promise<void> {
    await this.#database?.pool.destroy(true);
  }

  /**
   * Closes every connection. Waits for an attempt to connect that is under way.
   *
   * @param cutOff ends that wait: connections are then closed at once, and so is what the attempt still opens
   */
  async close(cutOff: AbortSignal): Promise<void> {
    const opening = this.#opening?.catch(() => undefined);
    const opened = await unlessAborted(Promise.resolve(opening), cutOff).catch(() => this.#database);
    if (opened === undefined) {
      void opening?.then((late) => late?.close(true));
    } else {
      await opened.close(cutOff.aborted);
    }
  }

  debug(operation: string, text: () => string): void {
    debugLine(this.#settings.logger, { operation }, text);
  }

  track<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.#tracker.track(operation, work);
  }

  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return this.attempt(operation, options, (database) => {
      const session = database.session();
      return options.atomic === true
        ? session.em.transactional((em) => work(database.session(em as SqlEntityManager)))
        : work(session);
    });
  }

  async snapshot(operation: string): Promise<Snapshot> {
    const opened = Promise.withResolvers<HeldSnapshot>();
    const released = Promise.withResolvers<void>();
    const held = async (): Promise<void> => {
      opened.resolve(await this.attempt(operation, { idempotent: true }, (database) => database.snapshot()));
      await released.promise;
    };
    this.#tracker.track(operation, held, { alone: true }).catch(opened.reject);
    const { session, release } = await opened.promise;
    return {
      // what a snapshot shows cannot be read again from another one, so nothing is retried
      run: (work) => this.#translated(operation, () => work(session)),
      release: () => release().finally(released.resolve),
    };
  }

  /** Does the work on the database, again where that is safe. Throws only errors of this library. */
  attempt<T>(operation: string, options: AttemptOptions, work: (database: Database) => Promise<T>): Promise<T> {
    return this.#tracker.track(operation, async () => {
      const { attempts, signal } = options;
      let connected = false;
      // an attempt that got no connection has done nothing
      const idempotent = (): boolean =>
        !connected || (typeof options.idempotent === 'function' ? options.idempotent() : options.idempotent);
      const result = await retry(
        (attempt) => {
          connected = false;
          const message = (): AttemptTrace => ({ 'db.operation.name': operation, attempt });
          return traced(ATTEMPTS, message, async () => {
            // a forced close does not wait for an attempt to connect, so neither does what waits for its end
            const database = this.#database ?? (await unlessAborted(this.open(), this.#tracker.cutOff));
            connected = true;
            return work(database);
          });
        },
        {
          policy: this.#settings.retry,
          attempts,
          idempotent,
          waitsForPool: options.waitsForPool === true,
          signal: signal === undefined ? this.#noMoreAttempts : AbortSignal.any([this.#noMoreAttempts, signal]),
          onRetry: (notice) => this.#retrying(operation, notice, options),
        },
      );
      if (result.ok) {
        return result.value;
      }
      throw result.error instanceof UserCallbackError
        ? result.error.original
        : this.#failureOf(operation, result.error, result.attempts, idempotent());
    });
  }

  /** Logs a further attempt, and tells the listeners of it. */
  #retrying(operation: string, { error, budget, attempt, delayMs: exact }: RetryNotice, options: AttemptOptions): void {
    const { logger, retry: policy } = this.#settings;
    // only what is idempotent, or had no effect, is retried
    const failure = translateError(error, { operation, attempts: attempt, idempotent: true });
    const { kind } = failure;
    const delayMs = Math.round(exact);
    const reason = shownMessage(error).slice(0, 200);
    logger.warn({ operation, kind, attempt, delayMs, reason }, `${operation} failed and is tried again`);
    options.onRetry?.();
    policy.onRetry({ operation, kind, budget, attempt, delayMs, error: failure });
  }

  async #translated<T>(operation: string, work: () => Promise<T>): Promise<T> {
    // a snapshot that was opened while the others were cut off may still have its connection
    if (this.#tracker.cutOff.aborted) {
      throw closedError(operation);
    }
    try {
      return await work();
    } catch (error) {
      throw this.#failureOf(operation, error, 1, true);
    }
  }

  #failureOf(operation: string, error: unknown, attempts: number, idempotent: boolean): DatabaseOperationError {
    // a connection that was cut because the instance was closed by force is no outage
    if (this.#tracker.cutOff.aborted) {
      return closedError(operation, error);
    }
    const failure = translateError(error, { operation, attempts, idempotent });
    const { kind, code } = failure;
    if (kind !== 'invalid-input' && kind !== 'conflict' && kind !== 'duplicate') {
      this.#settings.logger.error({ operation, kind, code, attempts: failure.attempts }, failure.message);
    }
    return failure;
  }
}
