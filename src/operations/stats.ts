import { notifyWhenLate, withTimeout } from '../async/waiting.ts';
import type { Dialect, Execute } from '../databases/dialect.ts';
import type { PooledConnection } from '../databases/pool/pooled-connection.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import { classifyError, translateError } from '../errors/translate-error.ts';
import type { Database } from './database.ts';

/** How much is stored. */
export interface DatabaseStats {
  /** `null` if unknown, like every other figure. */
  readonly botCount: number | null;
  readonly candleCount: number | null;
  readonly rawTradeCount: number | null;
  /**
   * The counts that are the database's estimates, because counting would exceed the budget. After many recent writes
   * an estimate may be far off, or zero.
   */
  readonly estimated: readonly ('botCount' | 'candleCount' | 'rawTradeCount')[];
  /**
   * Bytes on disk: of the three tables on a server, of the whole file for SQLite. A server updates its figure from
   * time to time, not at each write.
   */
  readonly sizeOnDiskBytes: number | null;
  /** Bytes on disk by table; `null` also if measuring would take too long. */
  readonly tableSizesBytes: {
    readonly bots: number | null;
    readonly candles: number | null;
    readonly rawTrades: number | null;
  };
  /** Whether the database answered every question in time. */
  readonly healthy: boolean;
  /** Why it is not healthy. */
  readonly error: DatabaseOperationError | null;
}

/** The share of the budget that counting may take. The rest is for late timers and for the answer's way back. */
const COUNTING_SHARE = 0.95;

/**
 * Rows that a database counts in a millisecond at best. With small rows, all in memory, MySQL counted 8,500 in
 * measurements, MariaDB 7,600 and SQLite 5,000. A count that needs more is not started.
 */
const ROWS_PER_MS = 10_000;

type CountField = DatabaseStats['estimated'][number];

interface Uncounted {
  readonly field: CountField;
  readonly name: string;
  readonly keyColumns: readonly string[];
  readonly estimate: number;
}

/** How long a server may still take to end abandoned work. Servers were up to 50 ms late in measurements. */
const GRACE_MS = 1_000;

const OPERATION = 'getStats';

/** Errors of a database that is healthy but lacks tables or privileges. Others are reported as its state. */
const ANSWERS: ReadonlySet<ErrorKind> = new Set(['schema', 'access-denied', 'closed']);

/** The statistics of an unreachable database. Throws the errors of one that answered. @internal */
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
 * Reads the database's estimates, then counts what can be counted in the remaining time.
 *
 * @param answerBy when the first answer must have arrived, by `performance.now()`
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

/** Counts exactly, the smallest table first, until the time is up. */
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

/**
 * A connection whose work has a time limit. Work that exceeds it continues on the server, so the connection is returned
 * only after that has ended, or closed.
 */
class BoundedConnection {
  readonly #pooled: PooledConnection;
  #running: Promise<unknown> = Promise.resolve();

  constructor(pooled: PooledConnection) {
    this.#pooled = pooled;
  }

  /** Runs work on it. After a timeout, an error of kind `timeout`, the connection must not be used again. */
  within<T>(limitMs: number, work: (execute: Execute) => Promise<T>): Promise<T> {
    const working = work((sql, parameters) => this.#pooled.execute(sql, parameters));
    this.#running = working.catch(() => undefined);
    return withTimeout(limitMs, () => working);
  }

  /** Returns the connection when nothing runs on it any more; does not wait for that. */
  release(): void {
    void notifyWhenLate(
      GRACE_MS,
      () => this.#running,
      () => this.#pooled.discard(),
    ).then(() => this.#pooled.release());
  }
}
