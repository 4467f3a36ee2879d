import type { BatchOutcome } from './store-batch.ts';

/**
 * The counts of a replay. `lines` is the sum of messages read and of control, transport, empty and broken lines. `read`
 * of messages and of candle rows is the sum of the other counts.
 */
export interface ReplayCounts {
  lines: number;
  messages: { read: number; stored: number; alreadyStored: number; rejected: number };
  /** Messages and their elements, by data type. */
  dataTypes: Record<string, { messages: number; items: number }>;
  candleRows: {
    read: number;
    inserted: number;
    updated: number;
    unchanged: number;
    rejected: number;
    skipped: number;
  };
  control: number;
  transport: number;
  empty: number;
  broken: number;
}

export function noCounts(): ReplayCounts {
  return {
    lines: 0,
    messages: { read: 0, stored: 0, alreadyStored: 0, rejected: 0 },
    // names come from the capture and may be `__proto__`
    dataTypes: Object.create(null) as ReplayCounts['dataTypes'],
    candleRows: { read: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0, skipped: 0 },
    control: 0,
    transport: 0,
    empty: 0,
    broken: 0,
  };
}

/** Adds the outcome of a batch. */
export function addOutcome({ messages, candleRows }: ReplayCounts, outcome: BatchOutcome): void {
  messages.stored += outcome.stored;
  messages.alreadyStored += outcome.alreadyStored;
  messages.rejected += outcome.rejected.length;
  candleRows.inserted += outcome.candles.inserted;
  candleRows.updated += outcome.candles.updated;
  candleRows.unchanged += outcome.candles.unchanged;
  candleRows.rejected += outcome.candles.rejected.length + outcome.rowsOfRejected;
}
