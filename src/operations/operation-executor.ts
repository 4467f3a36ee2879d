import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { anySignal } from '../async/waiting.ts';
import type { Settings } from '../config/settings.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { shownMessage } from '../errors/shown-fault.ts';
import { translateError } from '../errors/translate-error.ts';
import type { Executor, RunOptions, Snapshot } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import { debugLine } from '../logger/logger.ts';
import { type RetryNotice, type RetryPolicy, retry } from '../retry/retry.ts';
import { ATTEMPTS, traced } from '../telemetry/channels.ts';
import type { Database, HeldSnapshot } from './database.ts';
import { closedError, type InFlightTracker } from './in-flight-tracker.ts';
import type { LazyDatabase } from './lazy-database.ts';

/** Carries what a caller's own code threw past the retry: it is neither retried nor translated. */
export class UserCallbackError extends Error {
  readonly original: unknown;

  constructor(original: unknown) {
    super("the caller's code failed");
    this.original = original;
  }
}

/** How an operation is attempted. */
export interface AttemptOptions extends Pick<RunOptions, 'idempotent' | 'onRetry' | 'signal'> {
  /** Attempts in all, in place of those of a retry budget. */
  readonly attempts?: Partial<Record<keyof RetryPolicy, number>> | undefined;
}

/** Runs operations on the instance's database: the one place that retries, translates and logs them. */
export class OperationExecutor implements Executor {
  /** An embedded database answers within the same turn, so that nothing else would ever run. */
  readonly turn = (): Promise<void> => nextTurn();
  readonly #settings: Settings;
  readonly #tracker: InFlightTracker;
  readonly #database: LazyDatabase;
  /** When aborted, no operation makes a further attempt. */
  readonly #noMoreAttempts: AbortSignal;

  constructor(settings: Settings, tracker: InFlightTracker, database: LazyDatabase) {
    this.#settings = settings;
    this.#tracker = tracker;
    this.#database = database;
    this.#noMoreAttempts = anySignal(tracker.cutOff, settings.retry.signal);
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
    this.#tracker
      .trackAlone(operation, async () => {
        opened.resolve(await this.attempt(operation, { idempotent: true }, (database) => database.snapshot()));
        await released.promise;
      })
      .catch(opened.reject);
    const { session, release } = await opened.promise;
    return {
      // what a snapshot shows cannot be read again from another one, so nothing is retried
      run: (work) => this.#translated(operation, () => work(session)),
      release: () => release().finally(released.resolve),
    };
  }

  /** Does the work on the database, again where that is safe. Throws only errors of this library. */
  attempt<T>(operation: string, options: AttemptOptions, work: (database: Database) => Promise<T>): Promise<T> {
    return this.#tracker.track(operation, () => this.#attempt(operation, options, work));
  }

  async #attempt<T>(operation: string, options: AttemptOptions, work: (database: Database) => Promise<T>): Promise<T> {
    const { retry: policy } = this.#settings;
    let connected = false;
    // an attempt that got no connection has done nothing
    const idempotent = (): boolean =>
      !connected || (typeof options.idempotent === 'function' ? options.idempotent() : options.idempotent);
    const onDatabase = async (): Promise<T> => {
      const database = await this.#database.open();
      connected = true;
      return work(database);
    };
    const result = await retry(
      (attempt) => {
        connected = false;
        return traced(ATTEMPTS, () => ({ 'db.operation.name': operation, attempt }), onDatabase);
      },
      {
        policy: options.attempts === undefined ? policy : withAttempts(policy, options.attempts),
        idempotent,
        waitsForPool: this.#tracker.isWriter,
        signal: anySignal(this.#noMoreAttempts, options.signal),
        onRetry: (notice) => this.#retrying(operation, notice, options),
      },
    );
    if (result.ok) {
      return result.value;
    }
    throw result.error instanceof UserCallbackError
      ? result.error.original
      : this.#failureOf(operation, result.error, result.attempts, idempotent());
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

function withAttempts(
  { contention, outage }: RetryPolicy,
  attempts: NonNullable<AttemptOptions['attempts']>,
): RetryPolicy {
  return {
    contention: { ...contention, attempts: attempts.contention ?? contention.attempts },
    outage: { ...outage, attempts: attempts.outage ?? outage.attempts },
  };
}
