import type { DatabaseOptions } from '../config/options.ts';
import { resolveSettings, type Settings } from '../config/settings.ts';
import type { PoolState } from '../databases/pool/connection-pool.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { translateError } from '../errors/translate-error.ts';
import { BotRepository } from '../repositories/bot.repository.ts';
import { MarketDataRepository } from '../repositories/market-data.repository.ts';
import { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import { closeOptionsSchema, watchOptionsSchema } from '../schemas/instance-options.schema.ts';
import { parse } from '../schemas/parse.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
import type { DrainOptions } from '../schemas/spool-options.schema.ts';
import type { TransactionOptions } from '../schemas/transaction-options.schema.ts';
import { Sql } from '../sql/sql.ts';
import type { CloseReport } from './close-report.ts';
import { connectSoon } from './connect-soon.ts';
import type { Database } from './database.ts';
import { toldOnce } from './default-exchange.ts';
import { type DrainReport, drainSpool } from './drain-spool.ts';
import { type HealthReport, inspect, unreachable, watch } from './health.ts';
import { InFlightTracker } from './in-flight-tracker.ts';
import { inTime } from './in-time.ts';
import { Migrations, migrateUp } from './migrations.ts';
import { OpenSpools } from './open-spools.ts';
import { OpenWriters } from './open-writers.ts';
import { OperationExecutor } from './operation-executor.ts';
import { spoolStore } from './spool-store.ts';
import { countAll, type DatabaseStats, unknownStats } from './stats.ts';
import { runTransaction, type Transaction } from './transaction.ts';
import { type TwoPhase, twoPhaseOf } from './two-phase.ts';

/** The connection pool, as its user may see and handle it. */
export interface PoolHandle extends PoolState {
  /** Connections kept open while idle. */
  readonly min: number;
  /** Connections at most. */
  readonly max: number;
  /** Closes the idle connections now, and those in use when they come back. */
  clear(): void;
}

const NO_POOL: PoolState = { size: 0, free: 0, pending: 0 };

/**
 * The way into the database: repositories, transactions, migrations, health. Making one opens nothing;
 * the first operation connects. `getDatabaseOperations()` gives the process-wide one.
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
  /** The escape hatch: statements of one's own. */
  readonly sql: Sql;
  readonly #settings: Settings;
  readonly #defaultExchange: DefaultExchange;
  readonly #executor: OperationExecutor;
  readonly #ended = new AbortController();
  readonly #inFlight = new InFlightTracker();
  readonly #writers = new OpenWriters();
  readonly #spools: OpenSpools;
  #database: Database | undefined;
  #opening: Promise<Database> | undefined;
  #closing: Promise<CloseReport> | undefined;
  #cuttingOff: Promise<void> | undefined;

  /**
   * @param options where the database is and how to behave; the environment is not read
   * @throws ConfigurationError that names every faulty option at once
   */
  constructor(options: DatabaseOptions = {}) {
    this.#settings = resolveSettings('new DatabaseOperations', options);
    this.#spools = new OpenSpools(this.#settings, { over: () => this.#inFlight.closed, ...spoolStore(this) });
    this.#executor = new OperationExecutor(this.#settings, this.#inFlight, this.#writers, this.#spools, () =>
      this.#open(),
    );
    this.#defaultExchange = toldOnce(this.#settings);
    this.marketData = new MarketDataRepository(this.#executor, this.#defaultExchange);
    this.rawTrades = new RawTradeRepository(this.#executor, this.#defaultExchange);
    this.bots = new BotRepository(this.#executor, this.#defaultExchange);
    this.migrations = new Migrations(this.#executor);
    this.sql = new Sql(this.#executor);
    this.twoPhase = twoPhaseOf(this.#executor, this.#defaultExchange);
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The state of the connection pool, and the means to empty it. */
  get pool(): PoolHandle {
    const database = this.#database;
    const { min, max } = this.#settings.pool;
    return { min, max, ...(database?.pool.state ?? NO_POOL), clear: () => database?.pool.clear() };
  }

  /**
   * Connects now instead of at the first operation, and opens `pool.min` connections. It is for who wants to know
   * soon: after `connectRetries` more attempts it fails, where an operation goes on for as long as `retry.outage`
   * lets it. Calls at the same time share one attempt.
   *
   * @throws DatabaseOperationError when the server cannot be reached or refuses, after `connectRetries` more attempts
   */
  async connect(): Promise<void> {
    await this.#inFlight.pass('connect', async () => {
      const { pool } = await connectSoon(this.#settings, () => this.#open(), this.#ended.signal);
      await pool.filled();
    });
  }

  /**
   * Takes nothing more, waits for the operations under way and until every open writer has stored what it
   * holds, then closes every connection and lets go of the spools. A row that is written to a writer
   * afterwards makes it fail with the kind `closed`. An attempt of `connect()` that is under way is the last one.
   *
   * What is not done within `shutdownTimeoutMs` is cut off: operations fail with the kind `closed`, writers
   * put what they hold into their spool, and those without one fail and keep it in `unwritten`. What spools
   * hold is drained when the next writer is made in their directory. May be called more than once.
   *
   * @example const { unwritten } = await db.close();
   * @param options.force cuts off at once, also while another call waits. @default false
   * @returns what became of the rows that writers held, and how long it took
   * @throws InvalidInputError when it is called inside of a transaction's function, whose end it would wait for
   */
  async close(options: { readonly force?: boolean | undefined } = {}): Promise<CloseReport> {
    const { force = false } = parse('close', closeOptionsSchema, options);
    if (!force && this.#inFlight.inside) {
      const expected = 'a call after the end of the transaction, or { force: true }, which makes that fail';
      const received = 'one inside of it, which would wait for its own end';
      throw new InvalidInputError('close', [{ path: '', expected, received }]);
    }
    this.#ended.abort();
    this.#closing ??= this.#shutDown(force);
    if (force) {
      await this.#cutOff();
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whether the database answers within `connectTimeoutMs`, and can read what is stored. Never throws. */
  async healthCheck(): Promise<boolean> {
    try {
      await inTime(this.#settings.connectTimeoutMs, async () => {
        await this.#inFlight.pass('healthCheck', async () => {
          const database = await this.#open();
          await database.probe();
        });
      });
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Looks at the database: latency, server and version, whether it takes writes, the pool, pending
   * migrations, replication lag. Never throws: what went wrong is in `error`, and no answer within
   * `connectTimeoutMs` is a `timeout`.
   *
   * @example const { healthy, latencyMs, server, version } = await db.health();
   */
  async health(): Promise<HealthReport> {
    await this.#spools.opened();
    try {
      return await inTime(this.#settings.connectTimeoutMs, () =>
        this.#inFlight.pass('health', async () => inspect(await this.#open(), this.#spools.states)),
      );
    } catch (error) {
      return unreachable(
        translateError(error, { operation: 'health', attempts: 1, idempotent: true }),
        this.#database?.pool.state ?? NO_POOL,
        this.#spools.states,
      );
    }
  }

  /**
   * Watches the database: yields the first report, and then one whenever it becomes healthy or unhealthy,
   * read-only or writable, or another server, and whenever a spool begins to hold rows, is full, fails or is
   * drained. Leaving the loop ends it, and so does closing the instance.
   *
   * @example
   * ```ts
   * for await (const report of db.watchHealth({ intervalMs: 10_000 })) console.log(report.healthy);
   * ```
   *
   * @param options.intervalMs milliseconds between two looks. @default 5000
   * @param options.signal ends the watch
   * @throws InvalidInputError at once, as the streams do, when an option is faulty
   */
  watchHealth(
    options: { readonly intervalMs?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<HealthReport, void, undefined> {
    const { intervalMs = 5_000, signal } = parse('watchHealth', watchOptionsSchema, options);
    const ended = this.#ended.signal;
    return watch(() => this.health(), intervalMs, signal === undefined ? ended : AbortSignal.any([signal, ended]));
  }

  /**
   * Says how much is stored, within `statsBudgetMs` in all on tables of any size: a count that would take
   * longer is the database's estimate and is named in `estimated`. Small tables are counted first, so a large
   * one does not cost them their exactness. Connecting, and waiting for a free connection, come on top, for
   * `connectTimeoutMs` at most: a database that is gone, silent, busy or damaged is `healthy: false`, the reason
   * is in `error`, and figures of which nothing is known are `null`.
   *
   * @example const { candleCount, rawTradeCount, botCount, estimated, healthy } = await db.getStats();
   * @throws DatabaseOperationError of kind `schema` or `access-denied` when the database answers that tables are
   *   missing or that the account may not; `closed` when the instance is
   */
  async getStats(): Promise<DatabaseStats> {
    const { connectTimeoutMs, statsBudgetMs } = this.#settings;
    const answerBy = performance.now() + connectTimeoutMs;
    const count = async () => countAll(await this.#open(), answerBy);
    try {
      return await inTime(connectTimeoutMs + statsBudgetMs, () => this.#inFlight.pass('getStats', count));
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
   * @throws DatabaseOperationError when the database does not take the rows; they stay in the spool
   */
  drainSpool(options: DrainOptions): Promise<DrainReport> {
    return this.#inFlight.enter('drainSpool', () => drainSpool(this.#spools, options, this.#ended.signal));
  }

  /**
   * Runs a function in a transaction: what it writes through the repositories it is handed is stored when
   * it returns, and undone when it throws. A deadlock's victim is run again as a whole, so the function
   * must do nothing that cannot be done twice. What the function itself throws comes out unchanged.
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
   * @throws DatabaseOperationError when it cannot be stored; one whose commit was cut off says that its
   *   outcome is not known
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return runTransaction(this.#executor, this.#defaultExchange, work, options);
  }

  async #shutDown(force: boolean): Promise<CloseReport> {
    const start = performance.now();
    const { shutdownTimeoutMs, logger } = this.#settings;
    const settledRows = this.#writers.tally();
    this.#spools.stop();
    let late: NodeJS.Timeout | undefined;
    if (force) {
      void this.#cutOff();
    } else if (shutdownTimeoutMs > 0) {
      late = setTimeout(() => {
        logger.warn({ shutdownTimeoutMs }, 'closing takes too long: what is under way is cut off');
        void this.#cutOff();
      }, shutdownTimeoutMs);
    }
    // before nothing more is let in: what is begun in time is let through to its end
    const settled = force ? undefined : this.#writers.settle();
    await this.#inFlight.close();
    await settled;
    await this.#cuttingOff;
    clearTimeout(late);
    await this.#closeDatabase();
    await this.#spools.close();
    const leftInSpools = this.#spools.states.reduce((sum, { rows }) => sum + rows, 0);
    const { forced } = this.#inFlight;
    const report = { ...settledRows(), leftInSpools, forced, durationMs: Math.round(performance.now() - start) };
    logger.info(report, 'closed');
    return report;
  }

  /** Ends at once what is under way; what writers hold goes into their spools where they have one. */
  #cutOff(): Promise<void> {
    this.#cuttingOff ??= (async () => {
      this.#inFlight.force();
      const settled = this.#writers.cutOff();
      await this.#database?.pool.destroy(true);
      await settled;
    })();
    return this.#cuttingOff;
  }

  async #closeDatabase(): Promise<void> {
    const opening = this.#opening?.catch(() => undefined);
    // by force, an attempt to connect is not waited for
    const opened = await Promise.race([opening, this.#inFlight.whenForced.then(() => this.#database)]);
    if (opened !== undefined) {
      await opened.close(this.#inFlight.forced);
    } else {
      void opening?.then((late) => late?.close(true));
    }
  }

  /** Makes one attempt, which all share that come meanwhile. */
  async #open(): Promise<Database> {
    // one that failed is forgotten, so that the next one makes another
    this.#opening ??= this.#openAndMigrate(this.#settings.autoMigrate).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openAndMigrate(autoMigrate: boolean): Promise<Database> {
    // the ORM and the driver are loaded by the first connection: a program that imports this starts without them
    const { Database } = await import('./database.ts');
    const database = await Database.open(this.#settings);
    try {
      const executed = autoMigrate ? await migrateUp(database) : [];
      this.#settings.logger.info({ server: database.dialect.label, migrations: executed }, 'connected');
      this.#database = database;
      return database;
    } catch (error) {
      await database.close(true);
      throw error;
    }
  }
}
