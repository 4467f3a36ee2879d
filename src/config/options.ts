import type { Logger } from '../logger/logger.ts';
import type { RetryBudget } from '../retry/retry.ts';

/**
 * How to reach the database and how to behave. Everything may be left out: without a target the embedded
 * file `./tradestore.db` is used. Times are in milliseconds.
 */
export interface DatabaseOptions {
  /** `mysql://user:password@host:3306/name`, `mariadb://…`, `sqlite:./file.db` or `sqlite::memory:`. */
  readonly url?: string | undefined;
  /** Instead of `url`: the server's name or address. */
  readonly host?: string | undefined;
  /** @default 3306 */
  readonly port?: number | undefined;
  /** Name of the database on the server. */
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Path of the server's unix socket, instead of `host` and `port`. */
  readonly socketPath?: string | undefined;
  /** Receives what happens; pino, winston and `console` fit. @default silent */
  readonly logger?: Logger | undefined;
  /** Logs every statement at debug level with its duration and row count, without values. @default false */
  readonly logQueries?: boolean | undefined;
  /** Exchange of inputs that name none. @default 'okx' */
  readonly defaultExchange?: string | undefined;
  /** Migrates at first use. @default true for the embedded file, false for a server */
  readonly autoMigrate?: boolean | undefined;
  readonly pool?: PoolOptions | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Longest time to establish one connection. @default 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Further attempts to connect, with growing pauses, when the first one fails. @default 3 */
  readonly connectRetries?: number | undefined;
  /** Longest wait for a statement's answer; 0 waits for ever. @default 0 */
  readonly queryTimeoutMs?: number | undefined;
  /** Longest wait while another process migrates. @default 60000 */
  readonly migrationLockTimeoutMs?: number | undefined;
  /**
   * Sends large batches of new rows as files (LOAD DATA LOCAL) where the server allows it (`local_infile`);
   * nothing but the speed depends on it. @default true
   */
  readonly bulkLoad?: boolean | undefined;
  /** Time `getStats()` may take in all; what cannot be counted in it is estimated. @default 250 */
  readonly statsBudgetMs?: number | undefined;
}

/** Size and patience of the connection pool. */
export interface PoolOptions {
  /** Connections kept open while idle. @default 0 */
  readonly min?: number | undefined;
  /** Connections at most. @default 10 */
  readonly max?: number | undefined;
  /** Longest wait for a free connection. @default 10000 */
  readonly acquireTimeoutMs?: number | undefined;
  /** Idle time after which a connection is closed. @default 60000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Age at which a connection is replaced when it comes back; 0 for never. @default 3600000 */
  readonly recycleMs?: number | undefined;
  /**
   * Asks a connection that was idle for half a second whether it is alive before it is used, and replaces it
   * where it is not. @default true
   */
  readonly preConnectCheck?: boolean | undefined;
}

/** How often failures are tried again: see {@link RetryBudget}. */
export interface RetryOptions {
  /** Deadlocks and lock waits. @default { attempts: 20, baseDelayMs: 5, maxDelayMs: 500, maxElapsedMs: 30000 } */
  readonly contention?: Partial<RetryBudget> | undefined;
  /** A server that cannot be reached. @default { attempts: 5, baseDelayMs: 100, maxDelayMs: 2000, maxElapsedMs: 60000 } */
  readonly outage?: Partial<RetryBudget> | undefined;
}
