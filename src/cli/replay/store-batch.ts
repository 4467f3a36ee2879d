import type { DatabaseOperations } from '../../index.ts';
import { describeIssues } from '../problems.ts';
import type { DataMessage } from './data-message.ts';
import { type CandleOutcome, keepCandles, NO_CANDLES, storeCandles } from './store-candles.ts';
import { storeAndSort } from './store-messages.ts';

/** What became of a batch. */
export interface BatchOutcome {
  readonly stored: number;
  readonly alreadyStored: number;
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
  readonly candles: CandleOutcome;
  /** Candle rows of rejected messages: they are not written either. */
  readonly rowsOfRejected: number;
  /** Candles of messages stored before were missing. */
  readonly candlesWereMissing: boolean;
}

/**
 * Stores a batch of messages and their candles, all or nothing: messages and candles in one transaction,
 * so that after a crash a message that is stored has its candles stored too.
 *
 * A capture has many versions of a candle. Writing them all again would set the candle back to its first
 * version and forth to its last; so only messages that are new write their candles. Where a candle of a
 * message stored before is missing, `rewrite` has this batch and those after it write theirs again.
 */
export function storeBatch(
  db: DatabaseOperations,
  batch: readonly DataMessage[],
  rewrite: boolean,
): Promise<BatchOutcome> {
  const carriers = batch.filter(({ candles }) => candles.length > 0);
  const others = batch.filter(({ candles }) => candles.length === 0);
  return db.transaction(async (transaction) => {
    const plain = await transaction.rawTrades.insertMany(others.map(({ point }) => point));
    const { fresh, known, rejected } = await storeAndSort(transaction, carriers);
    const kept = rewrite || known.length === 0 ? undefined : await keepCandles(transaction, known);
    const again = kept ?? (await storeCandles(transaction, known));
    const added = await storeCandles(transaction, fresh);
    return {
      stored: plain.inserted + fresh.length,
      alreadyStored: plain.unchanged + known.length,
      rejected: [
        ...plain.rejected.map(({ index, issues }) => ({
          line: others[index]?.line ?? 0,
          reason: describeIssues(issues),
        })),
        ...rejected.map(({ message, reason }) => ({ line: message.line, reason })),
      ],
      candles: sum(again, added),
      rowsOfRejected: rejected.reduce((rows, { message }) => rows + message.candles.length, 0),
      candlesWereMissing: known.length > 0 && kept === undefined && !rewrite,
    };
  });
}

function sum(a: CandleOutcome = NO_CANDLES, b: CandleOutcome = NO_CANDLES): CandleOutcome {
  return {
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    rejected: [...a.rejected, ...b.rejected],
  };
}
