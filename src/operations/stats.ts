import type { Dialect } from '../databases/dialect.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import { classifyError, translateError } from '../errors/translate-error.ts';
import { BoundedConnection } from './bounded-connection.ts';
import type { Database } from './database.ts';

/** How much is stored. */
export interface DatabaseStats {
  /** `null`, like every other figure, where nothing is known of it. */
  readonly botCount: number | null;
  readonly candleCount: number | null;
  readonly rawTradeCount: number | null;
  /**
   * The counts that are the database's estimates, because counting takes longer than the budget. An estimate
   * may be far off, or zero, where much was written of late.
   */
  readonly estimated: readonly ('botCount' | 'candleCount' | 'rawTradeCount')[];
  /**
   * Bytes on disk in all: of the three tables on a server, of the file where it is one. A server brings its
   * figure up to date now and then, not with each write.
   */
  readonly sizeOnDiskBytes: number | null;
  /** Bytes on disk by table; `null` also where finding out would take too long. */
  readonly tableSizesBytes: {
    readonly bots: number | null;
    readonly candles: number | null;
    readonly rawTrades: number | null;
  };
  /** Whether the database answered all that it was asked, in time. */
  readonly healthy: boolean;
  /** Why it did not. */
  readonly error: DatabaseOperationError | null;
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

const OPERATION = 'getStats';

/** What a database that answers says of itself: its tables, its account. Anything else is a state to report. */
const ANSWERS: ReadonlySet<ErrorKind> = new Set(['schema', 'access-denied', 'closed']);

/** The statistics of a database of which nothing is known. Throws what it answered, were it by refusing. @internal */
export function unknownStats(error: unknown): DatabaseStats {
  return {
    botCount: null,
    candleCount: null,
    rawTradeCount: null,
    estimated: [],
    sizeOnDiskBytes: null,
    tableSizesBytes: { bots: null, candles: null, rawTrades: null },
    healthy: false,
    error: faultOf(error),
  };
}

function faultOf(error: unknown): DatabaseOperationError {
  const failure = translateError(error, { operation: OPERATION, attempts: 1, idempotent: true });
  if (ANSWERS.has(failure.kind)) {
    throw failure;
  }
  return failure;
}

/**
 * Looks up what the database knows of all tables, and counts what can be counted in the time that is left.
 *
 * @param answerBy when the database must have given a sign of life, by `performance.now()`
 * @internal
 */
export async function countAll(database: Database, answerBy: number): Promise<DatabaseStats> {
  const { dialect, settings, tables } = database;
  const stored = [
    ['botCount', tables.bots],
    ['candleCount', tables.marketData],
    ['rawTradeCount', tables.rawTrades],
  ] as const;
  const connection = new BoundedConnection(await database.acquireConnection());
  const start = performance.now();
  const end = start + settings.statsBudgetMs * COUNTING_SHARE;
  try {
    const names = stored.map(([, { name }]) => name);
    // without this there is nothing to answer with, so it is waited for as long as for any sign of life
    const known = await connection.within(Math.max(1, answerBy - start), (execute) =>
      dialect.estimateTables(execute, names),
    );
    const uncounted = stored.map(([field, { name, keyColumns }], index) => ({
      field,
      name,
      keyColumns: keyColumns.map((column) => column.name),
      estimate: known.tables[index]?.rows ?? 0,
    }));
    const { counted, error } = await countUntil(end, connection, dialect, uncounted);
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
      healthy: error === null,
      error,
    };
  } finally {
    connection.release();
  }
}

/** Counts exactly, the smallest table first, as far as the time goes. */
async function countUntil(
  end: number,
  connection: BoundedConnection,
  dialect: Dialect,
  tables: readonly Uncounted[],
): Promise<{ readonly counted: ReadonlyMap<CountField, number>; readonly error: DatabaseOperationError | null }> {
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
      const { kind } = classifyError(error);
      // of a file that cannot be read, an estimate says nothing
      if (kind !== 'timeout' && kind !== 'connection') {
        throw error;
      }
      // the server did not stop in time, so the connection is busy still; or it is gone, and the estimates are left
      return { counted, error: kind === 'timeout' ? null : faultOf(error) };
    }
  }
  return { counted, error: null };
}
