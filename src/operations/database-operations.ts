import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseOptions } from '../config/options.ts';
import { resolveSettings, type Settings } from '../config/settings.ts';
import type { PoolState } from '../dialects/driver/connection-pool.ts';
import { translateError } from '../errors/translate-error.ts';
import { BotRepository } from '../repositories/bot.repository.ts';
import { MarketDataRepository } from '../repositories/market-data.repository.ts';
import { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import { retry } from '../retry/retry.ts';
import { closeOptionsSchema, watchOptionsSchema } from '../schemas/instance-options.schema.ts';
import { parse } from '../schemas/parse.ts';
import type { TransactionOptions } from '../schemas/transaction-options.schema.ts';
import { Database } from './database.ts';
import { type HealthReport, inspect, unreachable, watch } from './health.ts';
import { Migrations, migrateUp } from './migrations.ts';
import { OpenWriters } from './open-writers.ts';
import { OperationGate } from './operation-gate.ts';
import { RootRunner } from './root-runner.ts';
import { countAll, type DatabaseStats } from './stats.ts';
import { runTransaction, type Transaction } from './transaction.ts';

/** The connection pool, as its user may see and handle it. */
export interface PoolHandle extends PoolState {
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
  readonly #settings: Settings;
  readonly #runner: RootRunner;
  readonly #ended = new AbortController();
  readonly #gate = new OperationGate();
  readonly #writers = new OpenWriters();
  #database: Database | undefined;
  #opening: Promise<Database> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param options where the database is and how to behave; the environment is not read
   * @throws ConfigurationError that names every faulty option at once
   */
  constructor(options: DatabaseOptions = {}) {
    this.#settings = resolveSettings('new DatabaseOperations', options);
    this.#runner = new RootRunner(this.#settings, this.#gate, this.#writers, (operation) => this.#open(operation));
    this.marketData = new MarketDataRepository(this.#runner, this.#settings.defaultExchange);
    this.rawTrades = new RawTradeRepository(this.#runner, this.#settings.defaultExchange);
    this.bots = new BotRepository(this.#runner, this.#settings.defaultExchange);
    this.migrations = new Migrations(this.#runner);
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The state of the connection pool, and the means to empty it. */
  get pool(): PoolHandle {
    const database = this.#database;
    return { ...(database?.pool.state ?? NO_POOL), clear: () => database?.pool.clear() };
  }

  /**
   * Connects now instead of at the first operation. Calls at the same time share one attempt.
   *
   * @throws DatabaseOperationError when the server cannot be reached or refuses, after `connectRetries` more attempts
   */
  async connect(): Promise<void> {
    await this.#gate.pass('connect', () => this.#open('connect'));
  }

  /**
   * Waits for the operations under way and until every open writer has stored what it holds, then closes
   * every connection. A row that is written to a writer afterwards makes it fail with the kind `closed`. An
   * attempt to connect that is under way is the last one. May be called more than once.
   *
   * @param options.force closes the connections at once, also while another call waits; operations under
   *   way fail with the kind `closed`, and so do writers, which keep what they hold in `unwritten`. @default false
   */
  async close(options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    const { force = false } = parse('close', closeOptionsSchema, options);
    this.#ended.abort();
    if (force) {
      this.#gate.force();
      this.#writers.cutOff();
    }
    this.#closing ??= this.#shutDown();
    if (force) {
      await this.#database?.pool.destroy(true);
    }
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whether the database answers within `connectTimeoutMs`. Never throws. */
  async healthCheck(): Promise<boolean> {
    try {
      await this.#inTime(async () => {
        await this.#gate.pass('healthCheck', async () => {
          const database = await this.#open();
          await database.session().execute('select 1 as alive');
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
    try {
      return await this.#inTime(() => this.#gate.pass('health', async () => inspect(await this.#open())));
    } catch (error) {
      return unreachable(
        translateError(error, { operation: 'health', attempts: 1, idempotent: true }),
        this.#database?.pool.state ?? NO_POOL,
      );
    }
  }

  /**
   * Watches the database: yields the first report, and then one whenever it becomes healthy or unhealthy,
   * read-only or writable, or another server. Leaving the loop ends it, and so does closing the instance.
   *
   * @example
   * ```ts
   * for await (const report of db.watchHealth({ intervalMs: 10_000 })) console.log(report.healthy);
   * ```
   *
   * @param options.intervalMs milliseconds between two looks. @default 5000
   * @param options.signal ends the watch
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
   * one does not cost them their exactness. Connecting, and waiting for a free connection, come on top.
   *
   * @example const { candleCount, rawTradeCount, botCount, estimated } = await db.getStats();
   * @throws DatabaseOperationError of kind `timeout` when the database says nothing within `connectTimeoutMs`
   */
  getStats(): Promise<DatabaseStats> {
    return this.#runner.attempt('getStats', { idempotent: true }, countAll);
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
    return runTransaction(this.#runner, this.#settings.defaultExchange, work, options);
  }

  async #shutDown(): Promise<void> {
    // before the gate is closed: what is begun in time is let through to its end
    const settled = this.#writers.settle();
    await this.#gate.close();
    await settled;
    const database = await this.#opening?.catch(() => undefined);
    await database?.close(this.#gate.forced);
  }

  /** A server that hangs takes statements and never answers; a look at it must end all the same. */
  async #inTime<T>(look: () => Promise<T>): Promise<T> {
    const { connectTimeoutMs } = this.#settings;
    const timer = new AbortController();
    const late = sleep(connectTimeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw Object.assign(new Error(`no answer within ${connectTimeoutMs} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    });
    // when the look is first, the timer is called off, and its end is of no interest
    late.catch(() => undefined);
    try {
      return await Promise.race([look(), late]);
    } finally {
      timer.abort();
    }
  }

  async #open(operation = 'connect'): Promise<Database> {
    // an attempt that failed is forgotten, so that the next operation makes another
    this.#opening ??= this.#connect(operation).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #connect(operation: string): Promise<Database> {
    const { connectRetries, retry: policy, logger, autoMigrate } = this.#settings;
    const result = await retry(() => this.#openAndMigrate(autoMigrate), {
      policy: { ...policy, outage: { ...policy.outage, attempts: connectRetries + 1 } },
      idempotent: () => true,
      // an instance that is closed meanwhile need not go on trying
      signal: this.#ended.signal,
      onRetry: ({ attempt, delayMs }) =>
        logger.warn({ operation, attempt, delayMs: Math.round(delayMs) }, 'cannot connect; trying again'),
    });
    if (!result.ok) {
      const failure = translateError(result.error, { operation, attempts: result.attempts, idempotent: true });
      logger.error({ operation, kind: failure.kind, code: failure.code, attempts: failure.attempts }, failure.message);
      throw failure;
    }
    return result.value;
  }

  async #openAndMigrate(autoMigrate: boolean): Promise<Database> {
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
