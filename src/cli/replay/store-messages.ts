import type { Transaction, WriteResult } from '../../index.ts';
import { describeIssues } from '../problems.ts';
import type { DataMessage } from './data-message.ts';
import { tryInSavepoint } from './savepoint.ts';

/** Messages with candles, sorted by their outcome. */
export interface Sorted {
  /** Stored now. */
  readonly fresh: DataMessage[];
  /** Stored by an earlier replay. */
  readonly known: DataMessage[];
  readonly rejected: { readonly message: DataMessage; readonly reason: string }[];
}

/**
 * Stores messages, and finds out which of them were stored before. A batch is counted as a whole, which is enough if all
 * of it is new or none of it. Only the batch in which an earlier replay ended is mixed: it is rolled back and written
 * again message by message, so that each has its own outcome.
 */
export async function storeAndSort(transaction: Transaction, messages: readonly DataMessage[]): Promise<Sorted> {
  const sorted: Sorted = { fresh: [], known: [], rejected: [] };
  if (messages.length === 0) {
    return sorted;
  }
  const whole = await tryInSavepoint(
    transaction,
    (inner) => inner.rawTrades.insertMany(messages.map(({ point }) => point)),
    ({ inserted, unchanged }) => inserted === 0 || unchanged === 0,
  );
  if (whole !== undefined) {
    sortInto(sorted, messages, whole);
    return sorted;
  }
  for (const message of messages) {
    sortInto(sorted, [message], await transaction.rawTrades.insertMany([message.point]));
  }
  return sorted;
}

function sortInto(sorted: Sorted, messages: readonly DataMessage[], result: WriteResult): void {
  const reasons = new Map(result.rejected.map(({ index, issues }) => [index, describeIssues(issues)]));
  messages.forEach((message, index) => {
    const reason = reasons.get(index);
    if (reason !== undefined) {
      sorted.rejected.push({ message, reason });
    } else {
      (result.inserted > 0 ? sorted.fresh : sorted.known).push(message);
    }
  });
}
