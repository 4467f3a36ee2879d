import type { Logger } from '../logger/logger.ts';
import type { RetryBudget } from '../retry/retry.ts';
import type { RetryListener } from '../retry/retry-event.ts';
import type { TlsOptions } from './tls-options.ts';

/**
 * How to reach the database and how to behave. Everything may be left out: without a target the embedded
 * file `./tradestore.db` is used. Times are in milliseconds.
 */
export interface DatabaseOptions {
  /** `mysql://user:password@host:3306/name`, `mariadb://…`, `sqlite:./file.db` or `sqlite::memory:`. */
  readonly url?: string | undefined;
  /** Instead of `url`: the server's name or address. @default 'localhost', where `database` and `user` are given */
  readonly host?: string | undefined;
  /** @default 3306 */
  readonly port?: number | undefined;
  /** Name of the database on the server. */
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Path of the server's unix socket, instead of `host` and `port`. */
  readonly socketPath?: string | undefined;
  /**
   * An option file of MySQL or MariaDB (`my.cnf`), of which `[client]` and then the group `optionGroup` are read:
   * host, port, socket, user, password, database, ssl-*, compress, default-character-set. Other options, and what
   * the URL says, stand before it. A file that everybody may write to is refused.
   */
  readonly optionFile?: string | undefined;
  /** The group that is read beside `[client]`. @default 'tradestore' */
  readonly optionGroup?: string | undefined;
  /**
   * Whether and how connections are encrypted. By default they are, and the server's certificate is checked, unless
   * the server is on this machine; `false` switches that off by name. @default 'remote'
   */
  readonly tls?: boolean | 'remote' | TlsOptions | undefined;
  /**
   * `utf8mb4`, or a collation of it (`utf8mb4_bin`) for the texts in statements; what is stored has its own.
   * Other encodings would lose letters, and are refused. @default 'utf8mb4'
   */
  readonly charset?: string | undefined;
  /**
   * Modes of the server's sessions beyond those that are always on (strict, no zero dates, errors for division by
   * zero, no other engine). One that would break a promise is refused. @default []
   */
  readonly sqlMode?: readonly string[] | undefined;
  /**
   * Statements sent on each new connection, and again when it is reset, before the library sets what it relies on.
   * @default []
   */
  readonly initStatements?: readonly string[] | undefined;
  /** Compresses what is sent and received, by zlib: for slow lines; it takes processor time. @default false */
  readonly compress?: boolean | 'zlib' | undefined;
  /** Receives what happens; pino and `console` fit as they are, for winston see {@link Logger}. @default silent */
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
  /**
   * Further attempts of `connect()`, with growing pauses, when the first one fails. An operation that is the first
   * to connect goes on for as long as `retry.outage` lets it. @default 3
   */
  readonly connectRetries?: number | undefined;
  /** Longest wait for a statement's answer; 0 waits for ever. @default 0 */
  readonly queryTimeoutMs?: number | undefined;
  /**
   * When a server says nothing for so long while a statement is under way, it is asked on another connection
   * whether it still works on it. If it does, however long that takes, it is waited for; if its end of the
   * connection is gone or idle, or it cannot be reached for as long as an outage may last, the connection is
   * lost. 0 never asks: then a network that is cut without a word holds a statement up for ever. @default 5000
   */
  readonly silenceCheckMs?: number | undefined;
  /**
   * Time after which the server itself ends a statement; 0 for never. MariaDB ends statements of every sort
   * (`max_statement_time`), MySQL only those that read (`max_execution_time`). Migrations have no limit. @default 0
   */
  readonly statementTimeoutMs?: number | undefined;
  /** Longest wait while another process migrates. @default 60000 */
  readonly migrationLockTimeoutMs?: number | undefined;
  /**
   * Sends large batches of new rows as files (LOAD DATA LOCAL) where the server allows it (`local_infile`);
   * nothing but the speed depends on it. @default true
   */
  readonly bulkLoad?: boolean | undefined;
  /** Time `getStats()` may take in all; what cannot be counted in it is estimated. @default 250 */
  readonly statsBudgetMs?: number | undefined;
  /** Time `close()` may take before it cuts off what is still under way; 0 for as long as it takes. @default 30000 */
  readonly shutdownTimeoutMs?: number | undefined;
}

/** Size and patience of the connection pool. */
export interface PoolOptions {
  /** Connections kept open while idle, opened by `connect()`. @default 0 */
  readonly min?: number | undefined;
  /** Connections at most. @default 10 */
  readonly max?: number | undefined;
  /**
   * Longest wait for a free connection: then a call fails with the kind `timeout`. A writer goes on waiting for as
   * long as `retry.outage` lets it. @default 10000
   */
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

/** How often failures are tried again, and who is told: see {@link RetryBudget}. */
export interface RetryOptions {
  /** Deadlocks, lock waits and other conflicts that the server itself undid. @default { attempts: 20, baseDelayMs: 5, maxDelayMs: 500, maxElapsedMs: 30000 } */
  readonly contention?: Partial<RetryBudget> | undefined;
  /**
   * A server that cannot be reached, is shutting down, out of connections or read-only after a failover.
   * @default { attempts: 1000, baseDelayMs: 100, maxDelayMs: 5000, maxElapsedMs: 120000 }
   */
  readonly outage?: Partial<RetryBudget> | undefined;
  /** Ends all trying again: what is waiting for its next attempt fails at once, with its last error. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of each attempt that failed and is about to be made again. What it throws is logged and goes no further. */
  readonly onRetry?: RetryListener | undefined;
}
