import type { DatabaseOperations } from '../../index.ts';
import { describeIssues } from '../problems.ts';
import type { DataMessage } from './data-message.ts';
import { type CandleOutcome, keepCandles, NO_CANDLES, storeCandles } from './store-candles.ts';
import { storeAndSort } from './store-messages.ts';

/** The outcome of a batch. */
export interface BatchOutcome {
  readonly stored: number;
  readonly alreadyStored: number;
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
  readonly candles: CandleOutcome;
  /** Candle rows of rejected messages, which are not written either. */
  readonly rowsOfRejected: number;
  /** Candles of messages that were stored before were missing. */
  readonly candlesWereMissing: boolean;
}

/**
 * Stores a batch of messages and their candles in one transaction, so that after a crash each stored message has its
 * candles stored too.
 *
 * A capture has many versions of a candle. Writing all of them again would reset the candle to its first version and
 * then bring it to its last one again, so only new messages write their candles. If a candle of a message that was
 * stored before is missing, `rewrite` makes this batch and later ones write all their candles again.
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
