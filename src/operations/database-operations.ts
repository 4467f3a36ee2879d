import { withTimeout } from '../async/waiting.ts';
import type { DatabaseOptions } from '../config/options.ts';
import { resolveSettings, type Settings } from '../config/settings.ts';
import type { PoolState } from '../databases/pool/connection-pool.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { translateError } from '../errors/translate-error.ts';
import type { BotRepository } from '../repositories/bot.repository.ts';
import type { MarketDataRepository } from '../repositories/market-data.repository.ts';
import type { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import { closeOptionsSchema, watchOptionsSchema } from '../schemas/instance-options.schema.ts';
import { parse } from '../schemas/parse.ts';
import type { DrainOptions } from '../schemas/spool-options.schema.ts';
import type { TransactionOptions } from '../schemas/transaction-options.schema.ts';
import type { DrainReport } from '../spool/open-spools.ts';
import type { Sql } from '../sql/sql.ts';
import type { CloseReport } from './close-report.ts';
import { composeInstance, type InstanceParts } from './compose-instance.ts';
import { type HealthReport, inspect, unreachable, watch } from './health.ts';
import { Migrations } from './migrations.ts';
import { countAll, type DatabaseStats, unknownStats } from './stats.ts';
import { runTransaction } from './transaction.ts';
import type { Transaction } from './transaction-executor.ts';
import { type TwoPhase, twoPhaseOf } from './two-phase.ts';

/** The connection pool, as its user may see and handle it. */
export interface PoolHandle extends PoolState {
  /** Connections kept open while idle. */
  readonly min: number;
  /** Connections at most. */
  readonly max: number;
  /** Closes the idle connections now, and those in use when they are released. */
  clear(): void;
}

/**
 * The entry point: repositories, transactions, migrations, health. Creating an instance opens nothing; the first
 * operation connects. `getDatabaseOperations()` returns the process-wide instance.
 *
 * @example
 * ```ts
 * await using db = new DatabaseOperations({ url: 'mysql://collector:secret@localhost/market' });
 * await db.marketData.upsertCandles(candles);
 * ```
 */
export class DatabaseOperations implements AsyncDisposable {
  readonly marketData: MarketDataRepository;
  readonly rawTrades: RawTradeRepository;
  readonly bots: BotRepository;
  readonly migrations: Migrations;
  /** Transactions that are prepared first and committed later, to store in several databases all or nothing. */
  readonly twoPhase: TwoPhase;
  /** The escape hatch: SQL statements of your own. */
  readonly sql: Sql;
  readonly #settings: Settings;
  readonly #parts: InstanceParts;

  /**
   * @param options where the database is and how to behave; the environment is not read
   * @throws ConfigurationError that names every faulty option at once
   */
  constructor(options: DatabaseOptions = {}) {
    this.#settings = resolveSettings('new DatabaseOperations', options);
    this.#parts = composeInstance(this.#settings);
    const { executor, repositories } = this.#parts;
    this.marketData = repositories.marketData;
    this.rawTrades = repositories.rawTrades;
    this.bots = repositories.bots;
    this.sql = repositories.sql;
    this.migrations = new Migrations(executor);
    this.twoPhase = twoPhaseOf(executor, repositories);
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#parts.shutdown.signal.aborted;
  }

  /** The state of the connection pool, and a way to empty it. */
  get pool(): PoolHandle {
    const { executor } = this.#parts;
    const { min, max } = this.#settings.pool;
    return { min, max, ...executor.poolState, clear: () => executor.clearPool() };
  }

  /**
   * Connects now instead of at the first operation, and opens `pool.min` connections. Use it to learn soon whether
   * the database is reachable: it fails after `connectRetries` further attempts, where an operation goes on for as
   * long as `retry.outage` allows. Concurrent calls share one attempt.
   *
   * @throws DatabaseOperationError when the server cannot be reached or refuses, after `connectRetries` further
   *   attempts
   */
  async connect(): Promise<void> {
    const { executor, shutdown } = this.#parts;
    const attempts = { outage: this.#settings.connectRetries + 1 };
    await executor.track('connect', async () => {
      const options = { idempotent: true, attempts, signal: shutdown.signal };
      const { pool } = await executor.attempt('connect', options, async (database) => database);
      await pool.filled();
    });
  }

  /**
   * Refuses new operations, waits for those in flight and until every open writer has stored what it holds, then
   * closes every connection and releases the spools. A row that is written to a writer afterwards makes the writer
   * fail with the kind `closed`. `connect()` makes no further attempt.
   *
   * What is not done within `shutdownTimeoutMs` is cut off: operations fail with the kind `closed`, writers put
   * what they hold into their spool, and those without one fail and keep it in `unwritten`. What spools hold is
   * drained when the next writer is made in their directory. May be called more than once.
   *
   * @example const { unwritten } = await db.close();
   * @param options.force cuts off at once, also while another call waits. @default false
   * @returns what became of the rows that writers held, and how long closing took
   * @throws InvalidInputError when it is called inside a transaction's function, whose end it would wait for
   */
  async close(options: { readonly force?: boolean | undefined } = {}): Promise<CloseReport> {
    const { force = false } = parse('close', closeOptionsSchema, options);
    if (!force && this.#parts.tracker.inside) {
      const expected = 'a call after the end of the transaction, or { force: true }, which makes the transaction fail';
      const received = 'one inside it, which would wait for its own end';
      throw new InvalidInputError('close', [{ path: '', expected, received }]);
    }
    return this.#parts.shutdown.close(force);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whether the database answers within `connectTimeoutMs`, and can read what is stored. Never throws. */
  async healthCheck(): Promise<boolean> {
    const { tracker, executor } = this.#parts;
    try {
      await withTimeout(this.#settings.connectTimeoutMs, () =>
        tracker.track('healthCheck', async () => (await executor.open()).probe()),
      );
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Inspects the database: latency, server and version, whether it accepts writes, the pool, pending migrations,
   * replication lag. Never throws: `error` says what went wrong, and no answer within `connectTimeoutMs` is an
   * error of kind `timeout`.
   *
   * @example const { healthy, latencyMs, server, version } = await db.health();
   */
  async health(): Promise<HealthReport> {
    const { tracker, executor, spools } = this.#parts;
    await spools.opened();
    try {
      return await withTimeout(this.#settings.connectTimeoutMs, () =>
        tracker.track('health', async () => inspect(await executor.open(), spools.states)),
      );
    } catch (error) {
      const failure = translateError(error, { operation: 'health', attempts: 1, idempotent: true });
      return unreachable(failure, executor.poolState, spools.states);
    }
  }

  /**
   * Watches the database: yields the first report, then one whenever the database becomes healthy or unhealthy,
   * read-only or writable, or another server, and whenever a spool begins to hold rows, is full, fails or is
   * drained. Leaving the loop ends the watch, and so does closing the instance.
   *
   * @example
   * ```ts
   * for await (const report of db.watchHealth({ intervalMs: 10_000 })) console.log(report.healthy);
   * ```
   *
   * @param options.intervalMs milliseconds between two inspections. @default 5000
   * @param options.signal ends the watch
   * @throws InvalidInputError at once, as the streams do, when an option is faulty
   */
  watchHealth(
    options: { readonly intervalMs?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<HealthReport, void, undefined> {
    const closing = this.#parts.shutdown.signal;
    const { intervalMs = 5_000, signal = closing } = parse('watchHealth', watchOptionsSchema, options);
    return watch(() => this.health(), intervalMs, AbortSignal.any([closing, signal]));
  }

  /**
   * Returns how much is stored, within `statsBudgetMs` in all on tables of any size: where counting would take
   * longer, the figure is the database's estimate and is listed in `estimated`. Small tables are counted first, so
   * that a large one does not cost them their exact counts. Connecting, and waiting for a free connection, may take
   * up to `connectTimeoutMs` more. For a database that is gone, silent, busy or damaged, `healthy` is `false`,
   * `error` says why, and unknown figures are `null`.
   *
   * @example const { candleCount, rawTradeCount, botCount, estimated, healthy } = await db.getStats();
   * @throws DatabaseOperationError of kind `schema` when tables are missing, `access-denied` when the account lacks
   *   a privilege, `closed` when the instance is closed
   */
  async getStats(): Promise<DatabaseStats> {
    const { tracker, executor } = this.#parts;
    const { connectTimeoutMs, statsBudgetMs } = this.#settings;
    const answerBy = performance.now() + connectTimeoutMs;
    try {
      return await withTimeout(connectTimeoutMs + statsBudgetMs, () =>
        tracker.track('getStats', async () => countAll(await executor.open(), answerBy)),
      );
    } catch (error) {
      return unknownStats(error);
    }
  }

  /**
   * Drains a spool that no writer is using now, without waiting for the next writer in its directory.
   *
   * @example const { drained } = await db.drainSpool({ directory: '/var/lib/collector/spool' });
   * @throws InvalidInputError when there is no spool in the directory
   * @throws ConfigurationError when another process uses it, or when its rows were spooled for another database
   * @throws DatabaseOperationError when the database does not accept the rows; they stay in the spool
   */
  drainSpool(options: DrainOptions): Promise<DrainReport> {
    const { tracker, spools, shutdown } = this.#parts;
    return tracker.track('drainSpool', () => spools.drain(options, shutdown.signal), { alone: true });
  }

  /**
   * Runs a function in a transaction: what it writes through the repositories it is given is stored when it
   * returns, and undone when it throws. After a deadlock the whole function runs again, so it must do nothing that
   * cannot be done twice. What the function itself throws is rethrown unchanged.
   *
   * @example
   * ```ts
   * await db.transaction(async (tx) => {
   *   await tx.bots.update(bot.id, { currentBalance: '990' });
   *   await tx.marketData.upsertCandle(candle);
   * });
   * ```
   *
   * @returns what the function returns
   * @throws DatabaseOperationError when it cannot be stored. If the connection is lost during the commit, the error
   *   says that the outcome is not known
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { executor, repositories } = this.#parts;
    return runTransaction(executor, repositories, work, options);
  }
}
