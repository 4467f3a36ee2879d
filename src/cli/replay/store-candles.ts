import type { CandleInput, Transaction, WriteResult } from '../../index.ts';
import { describeIssues } from '../problems.ts';
import type { DataMessage } from './data-message.ts';
import { tryInSavepoint } from './savepoint.ts';

/** What became of candle rows; a rejected one is named by its line. */
export interface CandleOutcome {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
}

export const NO_CANDLES: CandleOutcome = { inserted: 0, updated: 0, unchanged: 0, rejected: [] };

interface PlacedCandle {
  readonly line: number;
  readonly candle: CandleInput;
}

/** Stores the candles of messages in their order: the last version wins, but an open one never replaces a closed one. */
export function storeCandles(transaction: Transaction, messages: readonly DataMessage[]): Promise<CandleOutcome> {
  return write(messages, (candles) => transaction.marketData.upsertCandles(candles, { forceUpdate: 'unless-closed' }));
}

/**
 * Looks at the candles of messages that were stored before: in the same transaction, so their candles were
 * too, and in a later version than these rows may have. They are kept, while invalid rows are still named.
 *
 * @returns `undefined`, and nothing is written, when one of the candles is missing: somebody deleted it
 */
export async function keepCandles(
  transaction: Transaction,
  messages: readonly DataMessage[],
): Promise<CandleOutcome | undefined> {
  return tryInSavepoint(
    transaction,
    (inner) => write(messages, (candles) => inner.marketData.upsertCandles(candles)),
    ({ inserted }) => inserted === 0,
  );
}

async function write(
  messages: readonly DataMessage[],
  upsert: (candles: readonly CandleInput[]) => Promise<WriteResult>,
): Promise<CandleOutcome> {
  const candles: PlacedCandle[] = [];
  const rejected: { line: number; reason: string }[] = [];
  for (const { line, candles: rows } of messages) {
    for (const row of rows) {
      if ('fault' in row) {
        rejected.push({ line, reason: row.fault });
      } else {
        candles.push({ line, candle: row.candle });
      }
    }
  }
  if (candles.length === 0) {
    return { ...NO_CANDLES, rejected };
  }
  const result = await upsert(candles.map(({ candle }) => candle));
  for (const { index, issues } of result.rejected) {
    rejected.push({ line: candles[index]?.line ?? 0, reason: describeIssues(issues) });
  }
  return { ...result, rejected };
}
