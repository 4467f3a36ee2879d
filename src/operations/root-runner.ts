import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Settings } from '../config/settings.ts';
import { redactSecrets } from '../errors/redact.ts';
import { classifyError, translateError } from '../errors/translate-error.ts';
import type { Runner, RunOptions, Session } from '../repositories/session.ts';
import { retry } from '../retry/retry.ts';
import type { Database } from './database.ts';
import { closedError, type OperationGate } from './operation-gate.ts';

/** Carries what a caller's own code threw past the retry: it is neither repeated nor translated. */
export class CallerFailure extends Error {
  readonly original: unknown;

  constructor(original: unknown) {
    super("the caller's code failed");
    this.original = original;
  }
}

/** The one place that repeats, translates and logs: every operation outside a transaction goes through it. */
export class RootRunner implements Runner {
  readonly #settings: Settings;
  readonly #open: (operation: string) => Promise<Database>;
  readonly #gate: OperationGate;

  constructor(settings: Settings, gate: OperationGate, open: (operation: string) => Promise<Database>) {
    this.#settings = settings;
    this.#gate = gate;
    this.#open = open;
  }

  whole<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.#gate.pass(operation, work);
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
  attempt<T>(
    operation: string,
    options: Pick<RunOptions, 'idempotent'>,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    return this.#gate.pass(operation, () => this.#attempt(operation, options, work));
  }

  async #attempt<T>(
    operation: string,
    options: Pick<RunOptions, 'idempotent'>,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    const database = await this.#open(operation);
    const { logger } = this.#settings;
    const idempotent = (): boolean =>
      typeof options.idempotent === 'function' ? options.idempotent() : options.idempotent;
    const result = await retry(() => work(database), {
      policy: this.#settings.retry,
      idempotent,
      onRetry: ({ error, attempt, delayMs }) => {
        const details = {
          operation,
          kind: classifyError(error).kind,
          attempt,
          delayMs: Math.round(delayMs),
          reason: reasonOf(error),
        };
        logger.warn(details, `${operation} failed and is tried again`);
      },
    });
    if (result.ok) {
      return result.value;
    }
    if (result.error instanceof CallerFailure) {
      throw result.error.original;
    }
    // a connection that was cut because the instance was closed by force is no outage
    if (this.#gate.forced) {
      throw closedError(operation, result.error);
    }
    const failure = translateError(result.error, { operation, attempts: result.attempts, idempotent: idempotent() });
    if (failure.kind !== 'invalid-input' && failure.kind !== 'conflict' && failure.kind !== 'duplicate') {
      logger.error({ operation, kind: failure.kind, code: failure.code, attempts: failure.attempts }, failure.message);
    }
    throw failure;
  }
}

function reasonOf(error: unknown): string {
  return redactSecrets(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)).slice(0, 200);
}
