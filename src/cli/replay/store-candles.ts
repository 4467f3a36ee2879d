import type { CandleInput, Transaction, WriteResult } from '../../index.ts';
import { describeIssues } from '../problems.ts';
import type { DataMessage } from './data-message.ts';
import { tryInSavepoint } from './savepoint.ts';

/** The outcome of candle rows; a rejected one is identified by its line. */
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

/** Stores the candles of messages in order: the last version wins, but an open one never replaces a closed one. */
export function storeCandles(transaction: Transaction, messages: readonly DataMessage[]): Promise<CandleOutcome> {
  return write(messages, (candles) => transaction.marketData.upsertCandles(candles, { forceUpdate: 'unless-closed' }));
}

/**
 * Checks the candles of messages that were stored before. As messages and candles are stored in one transaction, those
 * candles were stored too, maybe in a later version than these rows. They are kept; invalid rows are still reported.
 *
 * @returns `undefined` if one of the candles is missing, because somebody deleted it; then nothing is written
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
