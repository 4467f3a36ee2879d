import type { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { classifyError, translateError } from '../errors/translate-error.ts';
import { BotRepository } from '../repositories/bot.repository.ts';
import { MarketDataRepository } from '../repositories/market-data.repository.ts';
import { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import type { Runner, RunOptions, Session } from '../repositories/session.ts';
import { parse } from '../schemas/parse.ts';
import { type TransactionOptions, transactionOptionsSchema } from '../schemas/transaction-options.schema.ts';
import type { Database } from './database.ts';
import { CallerFailure, type RootRunner } from './root-runner.ts';

const OPERATION = 'transaction';

/** The repositories of one transaction. They work until it ends, and only in it. */
export interface Transaction {
  readonly marketData: MarketDataRepository;
  readonly rawTrades: RawTradeRepository;
  readonly bots: BotRepository;
  /**
   * A transaction inside this one: a savepoint. What it throws undoes its own statements only; whether the
   * outer transaction goes on is decided by whether the error is caught.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/** After these the server has undone the whole transaction, or its state is not known. */
const FATAL_KINDS = new Set(['deadlock', 'connection', 'timeout', 'configuration']);

interface TransactionState {
  /** What made the server give the transaction up. */
  failed: unknown;
  /** Whether its function has returned. */
  ended: boolean;
}

/** Runs operations inside a transaction. It repeats nothing: only the outermost transaction may, as a whole. */
class TransactionRunner implements Runner {
  readonly #database: Database;
  readonly #em: SqlEntityManager;
  readonly #state: TransactionState;

  constructor(database: Database, em: SqlEntityManager, state: TransactionState) {
    this.#database = database;
    this.#em = em;
    this.#state = state;
  }

  get em(): SqlEntityManager {
    return this.#em;
  }

  async run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    this.assertUsable(operation);
    // a unit of work of its own: one that failed to flush must not be flushed with the next
    const em = this.#em.fork({ keepTransactionContext: true });
    try {
      return await (options.atomic === true
        ? em.transactional((inner) => work(this.#database.session(inner as SqlEntityManager)))
        : work(this.#database.session(em)));
    } catch (error) {
      this.note(error);
      throw translateError(error, { operation, attempts: 1, idempotent: true });
    }
  }

  /** The runner of a savepoint inside this transaction. */
  nested(em: SqlEntityManager, state: TransactionState): TransactionRunner {
    return new TransactionRunner(this.#database, em, state);
  }

  /** A server that has undone the transaction would run the next statement outside of any. */
  assertUsable(operation: string): void {
    if (this.#state.ended) {
      throw new DatabaseOperationError(
        `${operation}: the transaction has ended; use the repositories of the instance, or a new transaction`,
        {
          operation,
          kind: 'closed',
        },
      );
    }
    if (this.#state.failed !== undefined) {
      throw this.#state.failed;
    }
  }

  note(error: unknown): void {
    if (this.#state.failed === undefined && FATAL_KINDS.has(classifyError(error).kind)) {
      this.#state.failed = error;
    }
  }
}

/** Runs `work` in a transaction of its own, again as a whole when the server chose it as a deadlock's victim. @internal */
export async function runTransaction<T>(
  runner: RootRunner,
  defaultExchange: string,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  assertFunction(work);
  const { isolationLevel, readOnly } = parse(OPERATION, transactionOptionsSchema, options);
  const settings = {
    ...(isolationLevel === undefined ? {} : { isolationLevel: isolationLevel as IsolationLevel }),
    ...(readOnly === undefined ? {} : { readOnly }),
  };
  let committing = false;
  // until the commit is sent, whatever goes wrong leaves nothing behind, so all of it may be done again
  return runner.attempt(OPERATION, { idempotent: () => !committing }, async (database) => {
    committing = false;
    const state: TransactionState = { failed: undefined, ended: false };
    try {
      return await database.session().em.transactional(async (em) => {
        const result = await inTransaction(
          new TransactionRunner(database, em as SqlEntityManager, state),
          state,
          defaultExchange,
          work,
        );
        committing = true;
        return result;
      }, settings);
    } catch (error) {
      throw committing && classifyError(error).kind === 'connection' ? ambiguousCommit(error) : error;
    }
  });
}

async function inTransaction<T>(
  runner: TransactionRunner,
  state: TransactionState,
  defaultExchange: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const result = await callersCode(() => work(bind(runner, defaultExchange, state)));
    // a fatal failure that the caller swallowed: there is nothing left to commit
    if (state.failed !== undefined) {
      throw state.failed;
    }
    return result;
  } finally {
    state.ended = true;
  }
}

/** Our own operations throw nothing but our own error: any other comes from the caller's code. */
async function callersCode<T>(code: () => Promise<T>): Promise<T> {
  try {
    return await code();
  } catch (error) {
    throw error instanceof DatabaseOperationError ? error : new CallerFailure(error);
  }
}

function bind(runner: TransactionRunner, defaultExchange: string, state: TransactionState): Transaction {
  return {
    marketData: new MarketDataRepository(runner, defaultExchange),
    rawTrades: new RawTradeRepository(runner, defaultExchange),
    bots: new BotRepository(runner, defaultExchange),
    transaction: async (work) => {
      assertFunction(work);
      runner.assertUsable(OPERATION);
      const inner: TransactionState = { failed: undefined, ended: false };
      try {
        return await runner.em.fork({ keepTransactionContext: true }).transactional(async (em) => {
          const bound = runner.nested(em as SqlEntityManager, inner);
          return inTransaction(bound, inner, defaultExchange, work);
        });
      } catch (error) {
        throw error instanceof CallerFailure ? error.original : error;
      } finally {
        // what has undone the whole transaction has undone the outer one too
        state.failed ??= inner.failed;
      }
    },
  };
}

function assertFunction(work: unknown): void {
  if (typeof work !== 'function') {
    throw new InvalidInputError(OPERATION, [
      { path: 'fn', expected: 'a function of the transaction', received: `a ${typeof work}` },
    ]);
  }
}

function ambiguousCommit(cause: unknown): DatabaseOperationError {
  const { code, errno } = cause as { code?: string; errno?: number };
  return new DatabaseOperationError(
    `${OPERATION}: the connection was lost while committing, so it is not known whether the transaction was stored; ` +
      'read what it wrote before trying again',
    { operation: OPERATION, kind: 'connection', attempts: 1, code, errno, cause },
  );
}
