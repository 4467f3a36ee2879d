import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Settings } from '../config/settings.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { shownMessage } from '../errors/shown-fault.ts';
import { translateError } from '../errors/translate-error.ts';
import type { Executor, OpenWriter, RunOptions, Snapshot, WriterGround } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import { debugLine } from '../logger/logger.ts';
import { type RetryNotice, type RetryPolicy, retry } from '../retry/retry.ts';
import type { RetryEvent } from '../retry/retry-event.ts';
import { ATTEMPTS, traced } from '../telemetry/channels.ts';
import type { Database, HeldSnapshot } from './database.ts';
import { closedError, type InFlightTracker } from './in-flight-tracker.ts';
import type { OpenSpools } from './open-spools.ts';
import type { OpenWriters } from './open-writers.ts';

/** Carries what a caller's own code threw past the retry: it is neither repeated nor translated. */
export class UserCallbackError extends Error {
  readonly original: unknown;

  constructor(original: unknown) {
    super("the caller's code failed");
    this.original = original;
  }
}

/** How an operation is tried. */
export interface AttemptOptions extends Pick<RunOptions, 'idempotent' | 'onRetry' | 'signal'> {
  /** Attempts in all, in place of those of the budgets. */
  readonly attempts?: number | undefined;
}

/** The one place that repeats, translates and logs: every operation outside a transaction goes through it. */
export class OperationExecutor implements Executor {
  /** A database in the process answers at once, so that nothing else would ever have a turn. */
  readonly turn = (): Promise<void> => nextTurn();
  readonly #settings: Settings;
  readonly #open: () => Promise<Database>;
  readonly #inFlight: InFlightTracker;
  readonly #writers: OpenWriters;
  readonly #spools: OpenSpools;
  /** Ends all trying again. */
  readonly #ended: AbortSignal;

  constructor(
    settings: Settings,
    inFlight: InFlightTracker,
    writers: OpenWriters,
    spools: OpenSpools,
    open: () => Promise<Database>,
  ) {
    this.#settings = settings;
    this.#inFlight = inFlight;
    this.#writers = writers;
    this.#spools = spools;
    this.#open = open;
    const { signal } = settings.retry;
    this.#ended = signal === undefined ? inFlight.cutOff : AbortSignal.any([inFlight.cutOff, signal]);
  }

  open<W extends OpenWriter>(operation: string, make: (ground: WriterGround) => W): W {
    if (this.#inFlight.closed) {
      throw closedError(operation);
    }
    const writer = make({
      hold: (work) => this.#inFlight.enter(operation, work, true),
      spool: (settings) => this.#spools.of(operation, settings),
    });
    this.#writers.add(operation, writer);
    return writer;
  }

  debug(operation: string, say: () => string): void {
    debugLine(this.#settings.logger, { operation }, say);
  }

  whole<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.#inFlight.pass(operation, work);
  }

  async snapshot(operation: string): Promise<Snapshot> {
    const opened = Promise.withResolvers<HeldSnapshot>();
    const released = Promise.withResolvers<void>();
    this.#inFlight
      .enter(operation, async () => {
        opened.resolve(await this.attempt(operation, { idempotent: true }, (database) => database.snapshot()));
        await released.promise;
      })
      .catch(opened.reject);
    const { session, release } = await opened.promise;
    return {
      // what was read from the snapshot cannot be read again from another one
      run: (work) => this.#translated(operation, () => work(session)),
      release: () => release().finally(released.resolve),
    };
  }

  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return this.attempt(operation, options, async (database) => {
      const session = database.session();
      return options.atomic === true
        ? session.em.transactional((em) => work(database.session(em as SqlEntityManager)))
        : work(session);
    });
  }

  /** Does the work on the database, again while that is safe, and throws nothing but our own errors. */
  attempt<T>(operation: string, options: AttemptOptions, work: (database: Database) => Promise<T>): Promise<T> {
    return this.#inFlight.pass(operation, () => this.#attempt(operation, options, work));
  }

  async #attempt<T>(operation: string, options: AttemptOptions, work: (database: Database) => Promise<T>): Promise<T> {
    const { logger } = this.#settings;
    let begun = false;
    // what has not begun because there was no connection to begin it on has done nothing
    const idempotent = (): boolean =>
      !begun || (typeof options.idempotent === 'function' ? options.idempotent() : options.idempotent);
    let attempt = 0;
    const tried = (): Promise<T> => {
      attempt += 1;
      begun = false;
      return traced(
        ATTEMPTS,
        () => ({ 'db.operation.name': operation, attempt }),
        async () => {
          const database = await this.#open();
          begun = true;
          return work(database);
        },
      );
    };
    const result = await retry(tried, {
      policy:
        options.attempts === undefined ? this.#settings.retry : withAttempts(this.#settings.retry, options.attempts),
      idempotent,
      patient: this.#inFlight.patient,
      signal: this.#signalOf(options),
      onRetry: (notice) => {
        const event = retryEvent(operation, notice);
        const { kind, attempt, delayMs } = event;
        logger.warn(
          { operation, kind, attempt, delayMs, reason: shownMessage(notice.error).slice(0, 200) },
          `${operation} failed and is tried again`,
        );
        options.onRetry?.();
        this.#settings.retry.onRetry(event);
      },
    });
    if (result.ok) {
      return result.value;
    }
    if (result.error instanceof UserCallbackError) {
      throw result.error.original;
    }
    throw this.#failureOf(operation, result.error, result.attempts, idempotent());
  }

  async #translated<T>(operation: string, work: () => Promise<T>): Promise<T> {
    // one that was opened while the rest was cut off may have a connection still
    if (this.#inFlight.forced) {
      throw closedError(operation);
    }
    try {
      return await work();
    } catch (error) {
      throw this.#failureOf(operation, error, 1, true);
    }
  }

  #signalOf({ signal }: Pick<RunOptions, 'signal'>): AbortSignal {
    return signal === undefined ? this.#ended : AbortSignal.any([this.#ended, signal]);
  }

  #failureOf(operation: string, error: unknown, attempts: number, idempotent: boolean): DatabaseOperationError {
    // a connection that was cut because the instance was closed by force is no outage
    if (this.#inFlight.forced) {
      return closedError(operation, error);
    }
    const failure = translateError(error, { operation, attempts, idempotent });
    if (failure.kind !== 'invalid-input' && failure.kind !== 'conflict' && failure.kind !== 'duplicate') {
      this.#settings.logger.error(
        { operation, kind: failure.kind, code: failure.code, attempts: failure.attempts },
        failure.message,
      );
    }
    return failure;
  }
}

/** A notice as the public may see it. @internal */
export function retryEvent(operation: string, { error, budget, attempt, delayMs }: RetryNotice): RetryEvent {
  // whatever is repeated may be
  const failure = translateError(error, { operation, attempts: attempt, idempotent: true });
  return { operation, kind: failure.kind, budget, attempt, delayMs: Math.round(delayMs), error: failure };
}

function withAttempts({ contention, outage }: RetryPolicy, attempts: number): RetryPolicy {
  return { contention: { ...contention, attempts }, outage: { ...outage, attempts } };
}
