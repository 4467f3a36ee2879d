import type { Database } from './database.ts';

/** How much is stored. */
export interface DatabaseStats {
  readonly botCount: number;
  readonly candleCount: number;
  readonly rawTradeCount: number;
  /** The counts that are the server's estimates, because counting took longer than the budget. */
  readonly estimated: readonly ('botCount' | 'candleCount' | 'rawTradeCount')[];
  /** Bytes on disk in all. A server brings its figure up to date now and then, not with each write. */
  readonly sizeOnDiskBytes: number;
  /** Bytes on disk by table; `null` where finding out would take too long. */
  readonly tableSizesBytes: {
    readonly bots: number | null;
    readonly candles: number | null;
    readonly rawTrades: number | null;
  };
  readonly healthy: boolean;
}

/** Counts within a time: each table gets what the ones before it left of the budget. @internal */
export async function countAll(database: Database, budgetMs: number, healthy: boolean): Promise<DatabaseStats> {
  const { execute, dialect, tables } = database.session();
  const end = performance.now() + budgetMs;
  const estimated: DatabaseStats['estimated'][number][] = [];
  const counts = { botCount: 0, candleCount: 0, rawTradeCount: 0 };
  for (const [field, table] of [
    ['botCount', tables.bots],
    ['candleCount', tables.marketData],
    ['rawTradeCount', tables.rawTrades],
  ] as const) {
    const keys = table.keyColumns.map(({ name }) => name);
    const { count, exact } = await dialect.countRows(execute, table.name, keys, Math.max(1, end - performance.now()));
    counts[field] = count;
    if (!exact) {
      estimated.push(field);
    }
  }
  const sizes = await dialect.sizesOnDisk(execute, [tables.bots.name, tables.marketData.name, tables.rawTrades.name]);
  const [bots = null, candles = null, rawTrades = null] = sizes.tables;
  return {
    ...counts,
    estimated,
    sizeOnDiskBytes: sizes.total,
    tableSizesBytes: { bots, candles, rawTrades },
    healthy,
  };
}
