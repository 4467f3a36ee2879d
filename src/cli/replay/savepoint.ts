import type { Transaction } from '../../index.ts';

const UNDO = Symbol('undo');

/**
 * Works in a savepoint, and rolls back to it if the outcome is not the expected one.
 *
 * @returns the outcome, or `undefined` after a rollback
 */
export async function tryInSavepoint<T>(
  transaction: Transaction,
  work: (inner: Transaction) => Promise<T>,
  isExpected: (outcome: T) => boolean,
): Promise<T | undefined> {
  try {
    return await transaction.transaction(async (inner) => {
      const outcome = await work(inner);
      if (!isExpected(outcome)) {
        throw UNDO;
      }
      return outcome;
    });
  } catch (error) {
    if (error === UNDO) {
      return undefined;
    }
    throw error;
  }
}
