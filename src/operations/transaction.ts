import type { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { defined } from '../config/defined.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { classifyError } from '../errors/translate-error.ts';
import { parse } from '../schemas/parse.ts';
import { type TransactionOptions, transactionOptionsSchema } from '../schemas/transaction-options.schema.ts';
import type { Database } from './database.ts';
import type { OperationExecutor } from './operation-executor.ts';
import type { RepositorySet } from './repositories.ts';
import { assertFunction, rollbackMessage, runCallback, type Transaction } from './transaction-executor.ts';

const OPERATION = 'transaction';

/** Runs `work` in a transaction of its own, again as a whole when the server chose it as a deadlock's victim. @internal */
export async function runTransaction<T>(
  executor: OperationExecutor,
  repositories: RepositorySet,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  assertFunction(OPERATION, work);
  const { isolationLevel, readOnly, retries, signal } = parse(OPERATION, transactionOptionsSchema, options);
  const settings = defined({ isolationLevel: isolationLevel as IsolationLevel | undefined, readOnly });
  let committing = false;
  return attemptTransaction(executor, OPERATION, { retries, signal, isSent: () => committing }, async (database) => {
    committing = false;
    try {
      return await database.session().em.transactional(async (em) => {
        const result = await runCallback(database, em as SqlEntityManager, { repositories, work, signal });
        committing = true;
        return result;
      }, settings);
    } catch (error) {
      if (committing && classifyError(error).kind === 'connection') {
        const doubt =
          'committing, so it is not known whether the transaction was stored; read what it wrote before trying again';
        throw outcomeUnknown(OPERATION, doubt, error);
      }
      executor.debug(OPERATION, () => rollbackMessage('transaction', error));
      throw error;
    }
  });
}

/**
 * Attempts a transaction, again as a whole where that is safe: until the statement that ends it is sent, a failure
 * leaves nothing behind.
 *
 * @param options.isSent whether the statement that ends it was sent, so that its outcome may not be known
 * @internal
 */
export async function attemptTransaction<T>(
  executor: OperationExecutor,
  operation: string,
  options: Pick<TransactionOptions, 'retries' | 'signal'> & { readonly isSent: () => boolean },
  attempt: (database: Database) => Promise<T>,
): Promise<T> {
  const { retries, signal, isSent } = options;
  signal?.throwIfAborted();
  const total = retries === undefined ? undefined : retries + 1;
  const attempts = total === undefined ? undefined : { contention: total, outage: total, total };
  try {
    return await executor.attempt(operation, { idempotent: () => !isSent(), attempts, signal }, attempt);
  } catch (error) {
    throw signal?.aborted === true && !isSent() ? signal.reason : error;
  }
}

/** The error of a connection that was lost while a transaction ended. @internal */
export function outcomeUnknown(operation: string, doubt: string, cause: unknown): DatabaseOperationError {
  const { code, errno } = cause as { code?: string; errno?: number };
  const message = `${operation}: the connection was lost while ${doubt}`;
  return new DatabaseOperationError(message, { operation, kind: 'connection', attempts: 1, code, errno, cause });
}
