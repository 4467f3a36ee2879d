import type { Dialect } from '../dialects/dialect.ts';
import { classifyError } from '../errors/translate-error.ts';
import { BoundedConnection } from './bounded-connection.ts';
import type { Database } from './database.ts';

/** How much is stored. */
export interface DatabaseStats {
  readonly botCount: number;
  readonly candleCount: number;
  readonly rawTradeCount: number;
  /**
   * The counts that are the database's estimates, because counting takes longer than the budget. An estimate
   * may be far off, or zero, where much was written of late.
   */
  readonly estimated: readonly ('botCount' | 'candleCount' | 'rawTradeCount')[];
  /**
   * Bytes on disk in all: of the three tables on a server, of the file where it is one. A server brings its
   * figure up to date now and then, not with each write.
   */
  readonly sizeOnDiskBytes: number;
  /** Bytes on disk by table; `null` where finding out would take too long. */
  readonly tableSizesBytes: {
    readonly bots: number | null;
    readonly candles: number | null;
    readonly rawTrades: number | null;
  };
  /** The database answered; where it does not, there are no figures but an error. */
  readonly healthy: boolean;
}

/** Part of the budget that is counted in. The rest is for a timer that fires late, and for the answer's way back. */
const COUNTING_SHARE = 0.95;

/**
 * Rows that a database counts in a millisecond at the very best: of small rows, all of them in memory, MySQL
 * was seen to count 8,500, MariaDB 7,600 and SQLite 5,000. What would need more than this is not begun.
 */
const ROWS_PER_MS = 10_000;

type CountField = DatabaseStats['estimated'][number];

/** A table that is to be counted. */
interface Uncounted {
  readonly field: CountField;
  readonly name: string;
  readonly keyColumns: readonly string[];
  readonly estimate: number;
}

/** Looks up what the database knows of all tables, and counts what can be counted in the time that is left. @internal */
export async function countAll(database: Database): Promise<DatabaseStats> {
  const { dialect, settings, tables } = database;
  const stored = [
    ['botCount', tables.bots],
    ['candleCount', tables.marketData],
    ['rawTradeCount', tables.rawTrades],
  ] as const;
  const connection = new BoundedConnection(await database.lend());
  const end = performance.now() + settings.statsBudgetMs * COUNTING_SHARE;
  try {
    const names = stored.map(([, { name }]) => name);
    // without this there is nothing to answer with, so it is waited for as long as for any sign of life
    const known = await connection.within(settings.connectTimeoutMs, (execute) =>
      dialect.estimateTables(execute, names),
    );
    const uncounted = stored.map(([field, { name, keyColumns }], index) => ({
      field,
      name,
      keyColumns: keyColumns.map((column) => column.name),
      estimate: known.tables[index]?.rows ?? 0,
    }));
    const counted = await countUntil(end, connection, dialect, uncounted);
    const [botCount = 0, candleCount = 0, rawTradeCount = 0] = uncounted.map(
      ({ field, estimate }) => counted.get(field) ?? estimate,
    );
    const [bots = null, candles = null, rawTrades = null] = known.tables.map(({ bytes }) => bytes);
    return {
      botCount,
      candleCount,
      rawTradeCount,
      // whatever the estimate says, zero included, it is no count
      estimated: stored.map(([field]) => field).filter((field) => !counted.has(field)),
      sizeOnDiskBytes: known.totalBytes,
      tableSizesBytes: { bots, candles, rawTrades },
      healthy: true,
    };
  } finally {
    connection.giveBack();
  }
}

/** Counts exactly, the smallest table first, as far as the time goes. */
async function countUntil(
  end: number,
  connection: BoundedConnection,
  dialect: Dialect,
  tables: readonly Uncounted[],
): Promise<ReadonlyMap<CountField, number>> {
  const counted = new Map<CountField, number>();
  const mostRows = (end - performance.now()) * ROWS_PER_MS;
  const promising = tables.filter(({ estimate }) => estimate < mostRows).sort((a, b) => a.estimate - b.estimate);
  for (const [index, { field, name, keyColumns }] of promising.entries()) {
    const leftMs = end - performance.now();
    if (leftMs <= 0) {
      break;
    }
    // an estimate may be wrong: a table that is larger than it seems must leave the others their share
    const shareMs = leftMs / (promising.length - index);
    try {
      const count = await connection.within(leftMs, (execute) => dialect.countRows(execute, name, keyColumns, shareMs));
      if (count !== undefined) {
        counted.set(field, count);
      }
    } catch (error) {
      if (classifyError(error).kind !== 'timeout') {
        throw error;
      }
      // the server did not stop in time, so the connection is busy still, or closed
      break;
    }
  }
  return counted;
}
