import type { Transaction } from '../../index.ts';

const UNDO = Symbol('undo');

/**
 * Does something in a savepoint, and undoes it where its outcome is not the hoped one.
 *
 * @returns the outcome, or `undefined` when it was undone
 */
export async function tryInSavepoint<T>(
  transaction: Transaction,
  work: (inner: Transaction) => Promise<T>,
  isHoped: (outcome: T) => boolean,
): Promise<T | undefined> {
  try {
    return await transaction.transaction(async (inner) => {
      const outcome = await work(inner);
      if (!isHoped(outcome)) {
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
