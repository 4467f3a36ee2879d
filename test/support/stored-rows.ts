import type { FreshDatabase } from './fresh-database.ts';

/** How many rows each table holds. */
export interface StoredRows {
  readonly marketData: number;
  readonly rawTrades: number;
  readonly bots: number;
}

export const NO_ROWS: StoredRows = { marketData: 0, rawTrades: 0, bots: 0 };

/** Counts the rows of every table without the library. */
export async function storedRows(database: FreshDatabase): Promise<StoredRows> {
  const [row] = (await database.sql(
    'select (select count(*) from market_data) as market_data, (select count(*) from raw_trades) as raw_trades, ' +
      '(select count(*) from bots) as bots',
  )) as Record<string, unknown>[];
  return {
    marketData: Number(row?.['market_data']),
    rawTrades: Number(row?.['raw_trades']),
    bots: Number(row?.['bots']),
  };
}
