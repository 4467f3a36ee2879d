import type { Account, Version } from './reconciliation.ts';

/** What a spooling process tells of itself. */
export interface SpoolingReport {
  /** Rows, from the first on, that were acknowledged. */
  readonly acknowledged: number;
  /** Rows in the spool. */
  readonly spooled: number;
  readonly full: boolean;
}

/** The candle of an even row. */
export function candleAt(row: number): Version {
  return { symbol: 'SPOOLED', minute: row / 2, version: 1, closed: true };
}

/** The message of an odd row. */
export function messageAt(row: number): string {
  return `{"row":${row}}`;
}

/** Notes that so many rows were acknowledged. */
export function acknowledge(account: Account, rows: number): void {
  for (let row = 0; row < rows; row += 2) {
    account.candle(candleAt(row));
    account.message(messageAt(row + 1));
  }
}
