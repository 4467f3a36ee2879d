import { isUtf8 } from 'node:buffer';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { sleep } from '../async/waiting.ts';
import type { BranchName, TwoPhaseSyntax } from '../databases/dialect.ts';
import { connectionOf, type PooledConnection, type TransactionEnding } from '../databases/pool/pooled-connection.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { classifyError } from '../errors/translate-error.ts';
import { parse } from '../schemas/parse.ts';
import { type TwoPhaseOptions, twoPhaseOptionsSchema } from '../schemas/transaction-options.schema.ts';
import { type Xid, type XidInput, xidSchema } from '../schemas/xid.schema.ts';
import { NO_ROWS } from '../sql/send.ts';
import type { Database } from './database.ts';
import type { OperationExecutor } from './operation-executor.ts';
import type { RepositorySet } from './repositories.ts';
import { attemptTransaction, outcomeUnknown } from './transaction.ts';
import { assertFunction, rollbackMessage, runCallback, type Transaction } from './transaction-executor.ts';

const OPERATION = 'twoPhase';
const UNKNOWN_XID = 1397;
const ROLLED_BACK = 1402;
const XID_IN_USE = 1440;
/** How long a server may take to notice that the connection is gone that had a transaction. */
const NOTICED_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 20;

/**
 * A prepared transaction: stored durably, invisible to others and holding its locks until any client commits it or
 * rolls it back. It outlives the process, the connection and a crash of the server.
 */
export interface PreparedTransaction {
  readonly xid: Required<Xid>;
  /**
   * Commits it. May be called again after a failure: if the answer was lost, this finds out whether the commit had
   * arrived.
   *
   * @throws DatabaseOperationError of kind `conflict` when it is no longer prepared; and on MariaDB when it has written
   *   nothing, which MariaDB can only roll back
   */
  commit(): Promise<void>;
  /** Rolls it back. Otherwise like `commit`. */
  rollback(): Promise<void>;
}

/** A transaction that has not run yet. */
export interface TwoPhaseTransaction<T> {
  readonly xid: Required<Xid>;
  /**
   * Runs the function and prepares what it did. Nothing runs before this call; a second call returns the same result.
   *
   * @returns the prepared transaction, with the function's result
   * @throws DatabaseOperationError of kind `duplicate` when a transaction of this name exists, and of kind
   *   `configuration` on SQLite, which has no two-phase commit
   */
  prepare(): Promise<PreparedTransaction & { readonly result: T }>;
}

/** Transactions in two phases, to store in several databases all or nothing. */
export interface TwoPhase {
  /**
   * Creates a transaction that is prepared first and committed later.
   *
   * @example
   * ```ts
   * const here = await db.twoPhase('order-7', (tx) => tx.bots.adjustBalance(1, '-10')).prepare();
   * const there = await other.twoPhase('order-7', (tx) => tx.bots.add(bot)).prepare();
   * await here.commit();
   * await there.commit();
   * ```
   *
   * @param xid its name, unique among the prepared transactions of the server
   * @param work the function to run, as in `transaction`
   */
  <T>(xid: XidInput, work: (transaction: Transaction) => Promise<T>, options?: TwoPhaseOptions): TwoPhaseTransaction<T>;
  /**
   * Lists all prepared transactions of the server, in every database, including those of processes that are gone, so
   * that they can be finished. A name that is not text is given in hexadecimal, `0x…`.
   *
   * @example for (const prepared of await db.twoPhase.recover()) await prepared.rollback();
   * @throws DatabaseOperationError of kind `access-denied` when the MySQL account lacks XA_RECOVER_ADMIN
   */
  recover(): Promise<PreparedTransaction[]>;
}

/** Makes {@link TwoPhase} for an instance. @internal */
export function twoPhaseOf(executor: OperationExecutor, repositories: RepositorySet): TwoPhase {
  const begin = <T>(
    input: XidInput,
    work: (transaction: Transaction) => Promise<T>,
    options: TwoPhaseOptions = {},
  ): TwoPhaseTransaction<T> => {
    const xid = parse(OPERATION, xidSchema, input);
    assertFunction(OPERATION, work);
    const settings = parse(OPERATION, twoPhaseOptionsSchema, options);
    let prepared: Promise<PreparedTransaction & { readonly result: T }> | undefined;
    const prepare = async (): Promise<PreparedTransaction & { readonly result: T }> => {
      const name = nameOf(xid);
      const result = await prepareBranch(executor, name, { repositories, work, ...settings });
      return { ...handleOf(executor, name, xid), result };
    };
    return {
      xid,
      prepare: () => {
        prepared ??= prepare();
        return prepared;
      },
    };
  };
  return Object.assign(begin, {
    recover: () =>
      executor.attempt('twoPhase.recover', { idempotent: true }, async (database) => {
        const names = await preparedOf(database, syntaxOf('twoPhase.recover', database));
        return names.map((name) => handleOf(executor, name, xidOf(name)));
      }),
  });
}

async function prepareBranch<T>(
  executor: OperationExecutor,
  name: BranchName,
  branch: { repositories: RepositorySet; work: (transaction: Transaction) => Promise<T> } & TwoPhaseOptions,
): Promise<T> {
  const { repositories, work, isolationLevel, retries, signal } = branch;
  const operation = 'twoPhase.prepare';
  let sent = false;
  let attempts = 0;
  return attemptTransaction(executor, operation, { retries, signal, isSent: () => sent }, async (database) => {
    sent = false;
    attempts += 1;
    const syntax = syntaxOf(operation, database);
    const ending = endingOf(syntax, name, () => {
      sent = true;
    });
    try {
      return await database.session().em.transactional(async (em) => {
        const transaction = (em as SqlEntityManager).getTransactionContext<Parameters<typeof connectionOf>[0]>();
        const pooled = await connectionOf(transaction as Parameters<typeof connectionOf>[0]);
        // the ORM has begun a transaction, in which a branch cannot be begun
        await pooled.execute('rollback');
        if (isolationLevel !== undefined) {
          await pooled.execute(`set transaction isolation level ${isolationLevel}`);
        }
        await start(pooled, syntax.statement('start', name), attempts > 1);
        pooled.ending = ending;
        return await runCallback(database, em as SqlEntityManager, { repositories, work, signal });
      });
    } catch (error) {
      if (sent && classifyError(error).repeat === 'indeterminate') {
        const advice = 'look for it in twoPhase.recover(), and run it again where it is not there';
        const doubt = `preparing, so it is not known whether the transaction is prepared; ${advice}`;
        throw outcomeUnknown(operation, doubt, error);
      }
      executor.debug(operation, () => rollbackMessage('transaction in two phases', error));
      throw error;
    }
  });
}

/** A server may still have the attempt before, whose connection is gone. */
async function start(pooled: PooledConnection, statement: string, again: boolean): Promise<void> {
  const end = performance.now() + (again ? NOTICED_WITHIN_MS : 0);
  for (;;) {
    try {
      await pooled.execute(statement);
      return;
    } catch (error) {
      if (errnoOf(error) !== XID_IN_USE || performance.now() >= end) {
        throw error;
      }
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/** A branch ends by being prepared; a connection that a server then keeps it bound to is closed. */
function endingOf(syntax: TwoPhaseSyntax, name: BranchName, onSend: () => void): TransactionEnding {
  return {
    commit: async (pooled) => {
      await pooled.execute(syntax.statement('end', name));
      onSend();
      const prepare = syntax.statement('prepare', name);
      const { inTransaction } = await pooled.query(prepare, prepare, [], NO_ROWS);
      if (inTransaction) {
        pooled.discard();
      }
    },
    rollback: async (pooled) => {
      // it has ended already where its preparation failed, or where the server has undone it
      await pooled.execute(syntax.statement('end', name)).catch(() => undefined);
      await pooled.execute(syntax.statement('rollback', name));
    },
  };
}

function handleOf(executor: OperationExecutor, name: BranchName, xid: Required<Xid>): PreparedTransaction {
  return {
    xid,
    commit: () => finish(executor, 'commit', name),
    rollback: () => finish(executor, 'rollback', name),
  };
}

/**
 * Commits or rolls back what is prepared. A name that the server does not know is one that it still keeps bound
 * to a connection that is gone, or one that is finished: by this call, if an answer to it was lost.
 */
async function finish(executor: OperationExecutor, verb: 'commit' | 'rollback', name: BranchName): Promise<void> {
  const operation = `twoPhase.${verb}`;
  let answerLost = false;
  await executor.attempt(operation, { idempotent: true }, async (database) => {
    const syntax = syntaxOf(operation, database);
    const { execute } = database.session();
    const end = performance.now() + NOTICED_WITHIN_MS;
    for (;;) {
      try {
        await execute(syntax.statement(verb, name));
        return;
      } catch (error) {
        if (verb === 'rollback' && errnoOf(error) === ROLLED_BACK) {
          // MariaDB's way of saying that it had written nothing
          return;
        }
        if (errnoOf(error) !== UNKNOWN_XID) {
          answerLost ||= classifyError(error).repeat === 'indeterminate';
          throw error;
        }
        const prepared = await isPrepared(database, syntax, name);
        if (prepared !== true && answerLost) {
          return;
        }
        if (prepared === false || performance.now() >= end) {
          throw error;
        }
      }
      await sleep(LOOK_AGAIN_MS);
    }
  });
}

/** Whether a name is among what is prepared; `undefined` where this account may not ask. */
async function isPrepared(database: Database, syntax: TwoPhaseSyntax, name: BranchName): Promise<boolean | undefined> {
  try {
    const names = await preparedOf(database, syntax);
    return names.some(
      ({ formatId, gtrid, bqual }) =>
        formatId === name.formatId && gtrid.equals(name.gtrid) && bqual.equals(name.bqual),
    );
  } catch (error) {
    if (classifyError(error).kind === 'access-denied') {
      return undefined;
    }
    throw error;
  }
}

async function preparedOf(database: Database, syntax: TwoPhaseSyntax): Promise<BranchName[]> {
  const { rows } = await database.session().execute(syntax.recover);
  return rows.map((row) => syntax.decodeRecovered(row));
}

function syntaxOf(operation: string, { dialect }: Database): TwoPhaseSyntax {
  if (dialect.twoPhase === undefined) {
    throw new DatabaseOperationError(
      `${operation}: ${dialect.label} has no two-phase commit; use transaction(), or MySQL or MariaDB`,
      { operation, kind: 'configuration' },
    );
  }
  return dialect.twoPhase;
}

function nameOf({ gtrid, bqual, formatId }: Required<Xid>): BranchName {
  return { formatId: formatId as number, gtrid: Buffer.from(gtrid), bqual: Buffer.from(bqual as string) };
}

function xidOf({ formatId, gtrid, bqual }: BranchName): Required<Xid> {
  return { gtrid: textOf(gtrid), bqual: textOf(bqual), formatId };
}

function textOf(bytes: Buffer): string {
  const text = isUtf8(bytes) ? bytes.toString() : undefined;
  return text === undefined || /\p{Cc}/u.test(text) ? `0x${bytes.toString('hex')}` : text;
}

function errnoOf(error: unknown): unknown {
  return (error as { readonly errno?: unknown } | null)?.errno;
}
