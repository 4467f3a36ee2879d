import type { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { classifyError, endsTransaction, translateError } from '../errors/translate-error.ts';
import type { Executor, OpenWriter, RunOptions, Snapshot } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import { debugLine } from '../logger/logger.ts';
import { BotRepository } from '../repositories/bot.repository.ts';
import { BotVersions } from '../repositories/bot-versions.ts';
import { MarketDataRepository } from '../repositories/market-data.repository.ts';
import { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import { parse } from '../schemas/parse.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
import { type TransactionOptions, transactionOptionsSchema } from '../schemas/transaction-options.schema.ts';
import { Sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { type OperationExecutor, UserCallbackError } from './operation-executor.ts';
import { TransactionScope } from './transaction-scope.ts';

const OPERATION = 'transaction';

/** The repositories of one transaction. They work until it ends, and only in it. */
export interface Transaction {
  readonly marketData: MarketDataRepository;
  readonly rawTrades: RawTradeRepository;
  readonly bots: BotRepository;
  /** Statements of one's own, in this transaction and in the order in which they are called. */
  readonly sql: Sql;
  /**
   * A transaction inside this one: a savepoint. What it throws undoes its own statements only; whether the
   * outer transaction goes on is decided by whether the error is caught. What is started beside it waits
   * for its end.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/** Runs operations inside a transaction. It repeats nothing: only the outermost transaction may, as a whole. */
class TransactionExecutor implements Executor {
  readonly #database: Database;
  readonly #em: SqlEntityManager;
  readonly scope: TransactionScope;
  readonly versions: BotVersions;

  constructor(database: Database, em: SqlEntityManager, scope: TransactionScope, versions: BotVersions) {
    this.#database = database;
    this.#em = em;
    this.scope = scope;
    this.versions = versions;
  }

  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    const bound = (): Promise<T> =>
      this.#translated(operation, () => {
        // a unit of work of its own: one that failed to flush must not be flushed with the next
        const em = this.#em.fork({ keepTransactionContext: true });
        return options.atomic === true
          ? em.transactional((inner) => work(this.#database.session(inner as SqlEntityManager)))
          : work(this.#database.session(em));
      });
    return this.scope.enqueue(operation, bound, options.exclusive);
  }

  /** What a transaction sees is its snapshot; between the pages its other statements have their turn. */
  async snapshot(operation: string): Promise<Snapshot> {
    return {
      run: (work) => this.run(operation, { idempotent: true }, work),
      release: async () => undefined,
    };
  }

  debug(operation: string, say: () => string): void {
    debugLine(this.#database.settings.logger, { operation, transaction: true }, say);
  }

  whole<T>(_operation: string, work: () => Promise<T>): Promise<T> {
    return this.scope.whole(work);
  }

  /** A writer stores its rows later, when the transaction may have ended or been undone. */
  open<W extends OpenWriter>(operation: string): W {
    const expected = 'the repository of the instance; in a transaction, a batch by upsertCandles() or insertMany()';
    const issue = { path: '', expected, received: "a transaction's repository, which a writer would outlive" };
    throw new InvalidInputError(operation, [issue]);
  }

  /** Runs a function inside a savepoint. */
  savepoint<T>(defaultExchange: DefaultExchange, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.scope.enqueue(OPERATION, async () => {
      const scope = new TransactionScope(this.scope);
      const undoVersions = this.versions.savepoint();
      const inner = (em: unknown) =>
        new TransactionExecutor(this.#database, em as SqlEntityManager, scope, this.versions);
      try {
        return await this.#translated(OPERATION, () =>
          this.#em
            .fork({ keepTransactionContext: true })
            .transactional((em) => runScope(inner(em), defaultExchange, work)),
        );
      } catch (error) {
        undoVersions();
        this.debug(OPERATION, () => rolledBack('savepoint', error));
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
      const failure = this.scope.own(translateError(error, { operation, attempts: 1, idempotent: true }));
      if (endsTransaction(error)) {
        this.scope.fail(failure);
      }
      throw failure;
    }
  }
}

/** What a transaction's function is run with. */
export interface TransactionWork<T> {
  readonly defaultExchange: DefaultExchange;
  readonly work: (transaction: Transaction) => Promise<T>;
  readonly signal: AbortSignal | undefined;
}

/** Runs `work` in a transaction of its own, again as a whole when the server chose it as a deadlock's victim. @internal */
export async function runTransaction<T>(
  executor: OperationExecutor,
  defaultExchange: DefaultExchange,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  assertFunction(OPERATION, work);
  const { isolationLevel, readOnly, retries, signal } = parse(OPERATION, transactionOptionsSchema, options);
  const settings = {
    ...(isolationLevel === undefined ? {} : { isolationLevel: isolationLevel as IsolationLevel }),
    ...(readOnly === undefined ? {} : { readOnly }),
  };
  let committing = false;
  return asWhole(executor, OPERATION, { retries, signal, isSent: () => committing }, async (database) => {
    committing = false;
    try {
      return await database.session().em.transactional(async (em) => {
        const result = await runInside(database, em as SqlEntityManager, { defaultExchange, work, signal });
        committing = true;
        return result;
      }, settings);
    } catch (error) {
      if (committing && classifyError(error).kind === 'connection') {
        throw ambiguousCommit(error);
      }
      executor.debug(OPERATION, () => rolledBack('transaction', error));
      throw error;
    }
  });
}

/**
 * Runs a transaction, again as a whole where that is safe: until its end is sent, whatever goes wrong leaves
 * nothing behind.
 *
 * @param options.isSent whether what ends it was sent, so that its outcome may not be known
 * @internal
 */
export async function asWhole<T>(
  executor: OperationExecutor,
  operation: string,
  options: Pick<TransactionOptions, 'retries' | 'signal'> & { readonly isSent: () => boolean },
  attempt: (database: Database) => Promise<T>,
): Promise<T> {
  const { retries, signal, isSent } = options;
  signal?.throwIfAborted();
  const last = new AbortController();
  const attempts = retries === undefined ? undefined : retries + 1;
  const ended = signal === undefined ? last.signal : AbortSignal.any([last.signal, signal]);
  let made = 0;
  try {
    return await executor.attempt(operation, { idempotent: () => !isSent(), attempts, signal: ended }, (database) => {
      made += 1;
      if (made === attempts) {
        // the budgets count their own failures; this is the last attempt whatever it fails by
        last.abort();
      }
      return attempt(database);
    });
  } catch (error) {
    throw signal?.aborted === true && !isSent() ? signal.reason : error;
  }
}

/** Runs the caller's function in the transaction of an entity manager. @internal */
export function runInside<T>(
  database: Database,
  em: SqlEntityManager,
  { defaultExchange, work, signal }: TransactionWork<T>,
): Promise<T> {
  const scope = new TransactionScope(undefined, signal);
  return runScope(new TransactionExecutor(database, em, scope, new BotVersions()), defaultExchange, work);
}

/** Runs the caller's function with the repositories of a scope. */
async function runScope<T>(
  executor: TransactionExecutor,
  defaultExchange: DefaultExchange,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const { scope } = executor;
  const result = await scope.run(async () => {
    try {
      return await work(bind(executor, defaultExchange));
    } catch (error) {
      // any error but this transaction's own comes from what else the caller's code does
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

function bind(executor: TransactionExecutor, defaultExchange: DefaultExchange): Transaction {
  return {
    marketData: new MarketDataRepository(executor, defaultExchange),
    rawTrades: new RawTradeRepository(executor, defaultExchange),
    bots: new BotRepository(executor, defaultExchange, executor.versions),
    sql: new Sql(executor),
    transaction: async (work) => {
      assertFunction(OPERATION, work);
      return executor.savepoint(defaultExchange, work);
    },
  };
}

/** Refuses what is no function. @internal */
export function assertFunction(operation: string, work: unknown): void {
  if (typeof work !== 'function') {
    const received = work === undefined ? 'nothing' : `a value of type ${typeof work}`;
    throw new InvalidInputError(operation, [{ path: 'fn', expected: 'a function of the transaction', received }]);
  }
}

/** Why a transaction was undone, in a line of the log: the kind of a failure, not its text, which may hold values. @internal */
export function rolledBack(what: string, error: unknown): string {
  const why = error instanceof UserCallbackError ? "the caller's code threw" : classifyError(error).kind;
  return `rolled back a ${what}: ${why}`;
}

function ambiguousCommit(cause: unknown): DatabaseOperationError {
  const { code, errno } = cause as { code?: string; errno?: number };
  return new DatabaseOperationError(
    `${OPERATION}: the connection was lost while committing, so it is not known whether the transaction was stored; ` +
      'read what it wrote before trying again',
    { operation: OPERATION, kind: 'connection', attempts: 1, code, errno, cause },
  );
}
