import type { SqlEntityManager } from '@mikro-orm/sql';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { classifyError, endsTransaction, translateError } from '../errors/translate-error.ts';
import type { Executor, RunOptions, Snapshot, WriterHost } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import { debugLine } from '../logger/logger.ts';
import { BotVersions } from '../repositories/bot-versions.ts';
import type { Database } from './database.ts';
import { UserCallbackError } from './operation-executor.ts';
import type { Repositories, RepositorySet } from './repositories.ts';
import { TransactionScope } from './transaction-scope.ts';

const OPERATION = 'transaction';

/** The repositories of one transaction. They work until it ends, and only in it. */
export interface Transaction extends Repositories {
  /**
   * A transaction inside this one: a savepoint. When it throws, only its own statements are undone; the outer
   * transaction goes on if the error is caught. Operations that are called beside it wait for its end.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

export interface TransactionCallback<T> {
  readonly repositories: RepositorySet;
  readonly work: (transaction: Transaction) => Promise<T>;
  readonly signal: AbortSignal | undefined;
}

/** Runs the caller's function in the transaction of an entity manager. @internal */
export function runCallback<T>(
  database: Database,
  em: SqlEntityManager,
  { repositories, work, signal }: TransactionCallback<T>,
): Promise<T> {
  const scope = new TransactionScope(undefined, signal);
  return new TransactionExecutor({ database, em, scope, repositories, versions: new BotVersions() }).call(work);
}

/** Writers store their rows later, when the transaction may have ended or been undone. @internal */
export const NO_WRITERS: WriterHost = {
  open({ operation }) {
    const expected = 'the repository of the instance; in a transaction, a batch by upsertCandles() or insertMany()';
    const issue = { path: '', expected, received: "a transaction's repository, which a writer would outlive" };
    throw new InvalidInputError(operation, [issue]);
  },
};

/** One transaction, or one savepoint inside it. */
interface TransactionParts {
  readonly database: Database;
  readonly em: SqlEntityManager;
  readonly scope: TransactionScope;
  readonly repositories: RepositorySet;
  readonly versions: BotVersions;
}

/** Runs operations inside a transaction. It retries nothing: only the outermost transaction is retried, as a whole. */
class TransactionExecutor implements Executor {
  readonly #parts: TransactionParts;

  constructor(parts: TransactionParts) {
    this.#parts = parts;
  }

  /** Runs the caller's function with repositories of this transaction, until all that it started has ended. */
  async call<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { scope } = this.#parts;
    const result = await scope.run(async () => {
      try {
        return await work(this.#transaction());
      } catch (error) {
        // any error but those of this transaction comes from what else the caller's code does
        throw scope.owns(error) ? error : new UserCallbackError(error);
      }
    });
    // a fatal failure that the caller swallowed: there is nothing left to commit
    if (scope.failure !== undefined) {
      throw scope.failure;
    }
    if (scope.signal?.aborted === true) {
      throw new UserCallbackError(scope.signal.reason);
    }
    return result;
  }

  #transaction(): Transaction {
    const { repositories, versions } = this.#parts;
    return Object.assign(repositories.on({ executor: this, writers: NO_WRITERS, versions }), {
      transaction: async <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
        assertFunction(OPERATION, work);
        return this.#savepoint(work);
      },
    });
  }

  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    const { database, em, scope } = this.#parts;
    const onTransaction = (): Promise<T> => {
      // a unit of work of its own: one that failed to flush must not be flushed with the next
      const fork = em.fork({ keepTransactionContext: true });
      return options.atomic === true
        ? fork.transactional((inner) => work(database.session(inner as SqlEntityManager)))
        : work(database.session(fork));
    };
    return scope.enqueue(operation, () => this.#translated(operation, onTransaction), options.exclusive);
  }

  /** What a transaction sees is its snapshot. Its other operations may run between the pages. */
  async snapshot(operation: string): Promise<Snapshot> {
    return {
      run: (work) => this.run(operation, { idempotent: true }, work),
      release: async () => undefined,
    };
  }

  debug(operation: string, text: () => string): void {
    debugLine(this.#parts.database.settings.logger, { operation, transaction: true }, text);
  }

  track<T>(_operation: string, work: () => Promise<T>): Promise<T> {
    return this.#parts.scope.track(work);
  }

  #savepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { em, scope, versions } = this.#parts;
    return scope.enqueue(OPERATION, async () => {
      const undoVersions = versions.savepoint();
      const inner = (em: unknown): TransactionExecutor =>
        new TransactionExecutor({ ...this.#parts, em: em as SqlEntityManager, scope: new TransactionScope(scope) });
      try {
        return await this.#translated(OPERATION, () =>
          em.fork({ keepTransactionContext: true }).transactional((em) => inner(em).call(work)),
        );
      } catch (error) {
        undoVersions();
        this.debug(OPERATION, () => rollbackMessage('savepoint', error));
        throw error instanceof UserCallbackError ? error.original : error;
      }
    });
  }

  async #translated<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UserCallbackError) {
        throw error;
      }
      const { scope } = this.#parts;
      const failure = scope.own(translateError(error, { operation, attempts: 1, idempotent: true }));
      if (endsTransaction(error)) {
        scope.fail(failure);
      }
      throw failure;
    }
  }
}

/** Refuses anything but a function. @internal */
export function assertFunction(operation: string, work: unknown): void {
  if (typeof work !== 'function') {
    const received = work === undefined ? 'nothing' : `a value of type ${typeof work}`;
    throw new InvalidInputError(operation, [{ path: 'fn', expected: 'a function of the transaction', received }]);
  }
}

/** Why a transaction was rolled back, for the log: the kind of a failure, since its text may hold values. @internal */
export function rollbackMessage(what: string, error: unknown): string {
  const why = error instanceof UserCallbackError ? "the caller's code threw" : classifyError(error).kind;
  return `rolled back a ${what}: ${why}`;
}
