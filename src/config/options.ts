import { z } from 'zod';
import { LEVELS, type Logger } from '../logger/logger.ts';
import type { RetryBudget, RetryListener } from '../retry/retry.ts';
import { EXCHANGE_LENGTH } from '../text/column-lengths.ts';
import { checkName } from '../text/name.ts';
import { CHARSET, faultOfCharset } from './charset.ts';
import { flag, flagOr, group, list, milliseconds, passed, sharedFlag, type TableOf, text, whole } from './option.ts';
import { faultOfSqlMode } from './sql-mode.ts';

// Every option has its one place in this file: documentation and type, and below them the table of variables, accepted
// values and defaults. The check of options, the reading of variables, the settings and `.env.example` derive from it
// (`npm run env-example` writes that file; `// --- … ---` are its headings).

/**
 * Where the database is and how to behave. Everything may be left out: without a target the embedded file
 * `./tradestore.db` is used. Times are in milliseconds.
 */
export interface DatabaseOptions {
  /**
   * `mysql://user:password@host:3306/name`, `mariadb://…`, `sqlite:./file.db` or `sqlite::memory:`. Characters such
   * as @ and / in the user or the password are percent-encoded. @default 'sqlite:./tradestore.db'
   */
  readonly url?: string | undefined;
  /** Name or address of the server, in place of `url`. @default 'localhost' if `database` and `user` are given */
  readonly host?: string | undefined;
  /** TCP port of the server. @default 3306 */
  readonly port?: number | undefined;
  /** Name of the database on the server. */
  readonly database?: string | undefined;
  /** User on the server. */
  readonly user?: string | undefined;
  /** Password of the user, as it is: without percent-encoding. */
  readonly password?: string | undefined;
  /** Path of the server's unix socket, in place of `host` and `port`. */
  readonly socketPath?: string | undefined;
  /**
   * Path of an option file of MySQL or MariaDB (`my.cnf`). Its groups `[client]` and then `optionGroup` are read:
   * host, port, socket, user, password, database, ssl-*, compress, default-character-set. Other options and the URL
   * override it. A file that everybody may write to is refused.
   */
  readonly optionFile?: string | undefined;
  /** Group of the option file that is read after `[client]`. @default 'tradestore' */
  readonly optionGroup?: string | undefined;
  /**
   * Whether and how connections are encrypted. By default they are, with the server's certificate checked, unless the
   * server is on this machine; `false` turns that off. @default 'remote'
   */
  readonly tls?: boolean | 'remote' | TlsOptions | undefined;
  /** Size and time limits of the connection pool. */
  readonly pool?: PoolOptions | undefined;
  /** Longest time to establish one connection. @default 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Further attempts of `connect()`, with growing pauses, if the first one fails. Other operations connect for as long
   * as `retry.outage` allows. @default 3
   */
  readonly connectRetries?: number | undefined;
  /** Compresses the traffic with zlib: for slow networks, since it takes processor time. @default false */
  readonly compress?: boolean | 'zlib' | undefined;
  /**
   * `utf8mb4`, or a collation of it (`utf8mb4_bin`) for the texts in statements; stored columns have their own. Other
   * encodings would lose characters and are refused. @default 'utf8mb4'
   */
  readonly charset?: string | undefined;
  /**
   * SQL modes of the server's sessions, in addition to those that are always on (strict, no zero dates, an error for
   * division by zero, no other engine). A mode that would break a promise is refused. @default []
   */
  readonly sqlMode?: readonly string[] | undefined;
  /**
   * Statements that are sent on each new connection, and again when it is reset, before the library sets what it
   * relies on. In the variable a semicolon separates them, so none may contain one. @default []
   */
  readonly initStatements?: readonly string[] | undefined;
  /** Longest wait for the answer to a statement; 0 waits for ever. @default 0 */
  readonly queryTimeoutMs?: number | undefined;
  /**
   * Time after which the server itself ends a statement; 0 for never. MariaDB ends any statement
   * (`max_statement_time`), MySQL only those that read (`max_execution_time`). Migrations have no limit. @default 0
   */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * If the server sends nothing for this long while a statement runs, another connection asks it whether it still
   * works on the statement. If so, the statement may take as long as it likes. If the server's end of the connection
   * is gone or idle, or the server cannot be reached for as long as an outage may last, the connection counts as
   * lost. 0 never asks: then a network that fails silently blocks a statement for ever. @default 5000
   */
  readonly silenceCheckMs?: number | undefined;
  /** How often what failed is tried again, and who hears of it: see {@link RetryBudget}. */
  readonly retry?: RetryOptions | undefined;
  /**
   * Sends large batches of new rows as files (LOAD DATA LOCAL) if the server allows it (`local_infile`). Only the
   * speed depends on it. @default true
   */
  readonly bulkLoad?: boolean | undefined;
  /** Longest time that `getStats()` takes; what cannot be counted within it is estimated. @default 250 */
  readonly statsBudgetMs?: number | undefined;
  /**
   * Time that `close()` may take before it cuts off what is still running, as long as an orchestrator commonly waits
   * before it kills a process; 0 for no limit. @default 30000
   */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Runs pending migrations at first use. @default true for the embedded file, false for a server */
  readonly autoMigrate?: boolean | undefined;
  /**
   * Longest wait of a migration, for another process that migrates and for each lock of a table. While it waits for a
   * table, all other statements on that table wait behind it. @default 60000
   */
  readonly migrationLockTimeoutMs?: number | undefined;
  /** Exchange of inputs that name none. @default 'okx' */
  readonly defaultExchange?: string | undefined;
  /** Where to log; pino and `console` fit as they are, for winston see {@link Logger}. @default silent */
  readonly logger?: Logger | undefined;
  /**
   * Logs every statement at debug level with its duration and row count, without values; the variable also sends the
   * log to standard error. Other programs' values of the variable count as false. @default false
   */
  readonly logQueries?: boolean | undefined;
}

/**
 * How connections are encrypted. Certificate and key files are read again for each connection, so that a certificate
 * can be renewed while the process runs.
 */
export interface TlsOptions {
  /**
   * `true` encrypts, `false` does not; `'remote'` encrypts unless the host is `localhost`, a loopback address
   * (127.0.0.0/8, ::1) or a unix socket. Any other TLS option that is set turns encryption on. @default 'remote'
   */
  readonly enabled?: boolean | 'remote' | undefined;
  /** Trusted certificate authorities: PEM text, or the path of a PEM file. @default those that Node.js trusts */
  readonly ca?: string | undefined;
  /** Client certificate, if the server wants one: PEM text, or the path of a PEM file. */
  readonly cert?: string | undefined;
  /** Private key of the client certificate: PEM text, or the path of a PEM file. */
  readonly key?: string | undefined;
  /** Passphrase of the private key. */
  readonly passphrase?: string | undefined;
  /**
   * `true` checks that the server's certificate comes from a trusted authority and names the host; `'ca'` does not
   * check the name (the certificates that MySQL generates need that); `false` trusts any server. @default true
   */
  readonly verify?: boolean | 'ca' | undefined;
  /** Name to look for in the server's certificate. @default the host */
  readonly serverName?: string | undefined;
}

/** Size and time limits of the connection pool. */
export interface PoolOptions {
  /** Connections that are kept open while idle; `connect()` opens them. The embedded file has exactly one. @default 0 */
  readonly min?: number | undefined;
  /** Most connections at a time. The embedded file has exactly one. @default 10 */
  readonly max?: number | undefined;
  /**
   * Longest wait for a free connection; after it a call fails with the kind `timeout`. A writer keeps waiting for as
   * long as `retry.outage` allows. @default 10000
   */
  readonly acquireTimeoutMs?: number | undefined;
  /** Idle time after which a connection is closed. @default 60000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Age at which a connection is replaced once it is returned; 0 for never. @default 3600000 */
  readonly recycleMs?: number | undefined;
  /**
   * Checks that a connection is alive before it is used, if it was idle for half a second or longer; replaces it if
   * it is not. @default true
   */
  readonly preConnectCheck?: boolean | undefined;
}

/** How often what failed is tried again, and who hears of it: see {@link RetryBudget}. */
export interface RetryOptions {
  /**
   * Deadlocks, lock waits and other conflicts after which the server itself rolled back.
   * @default { attempts: 20, baseDelayMs: 5, maxDelayMs: 500, maxElapsedMs: 30000 }
   */
  readonly contention?: Partial<RetryBudget> | undefined;
  /**
   * A server that cannot be reached, is shutting down, has no connection left, or is read-only after a failover. There
   * are so many attempts that time ends them: long enough for a restart or a failover.
   * @default { attempts: 1000, baseDelayMs: 100, maxDelayMs: 5000, maxElapsedMs: 120000 }
   */
  readonly outage?: Partial<RetryBudget> | undefined;
  /** Ends all retries: whatever waits for its next attempt fails at once, with its last error. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each retry, with what failed. An error that it throws is logged and has no other effect. */
  readonly onRetry?: RetryListener | undefined;
}

const MOST = 10_000;
const serverOnly = true;
const secret = true;
const anyText = (): undefined => undefined;
const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Where the database is. */
export const TARGET = {
  // --- Where the database is: a URL, or its parts, never both ---
  url: text('DATABASE_URL', { secret, default: 'sqlite:./tradestore.db' }),
  host: text('DB_HOST'),
  port: whole('DB_PORT', 1, 65_535, { default: 3306 }),

  database: text('DB_NAME'),
  user: text('DB_USER'),
  password: text('DB_PASSWORD', { secret }, anyText),
  socketPath: text('DB_SOCKET'),
  optionFile: text('DB_OPTION_FILE'),
  optionGroup: text('DB_OPTION_GROUP', { default: 'tradestore' }),
};

const TLS = {
  enabled: flagOr('DB_TLS', 'remote', { serverOnly, default: 'remote' }),
  ca: text('DB_TLS_CA', { secret, serverOnly }),
  cert: text('DB_TLS_CERT', { secret }),
  key: text('DB_TLS_KEY', { secret }),
  passphrase: text('DB_TLS_PASSPHRASE', { secret }, anyText),
  verify: flagOr('DB_TLS_VERIFY', 'ca', { default: true }),
  serverName: text('DB_TLS_SERVER_NAME'),
};

const POOL = {
  min: whole('DB_POOL_MIN', 0, MOST, { default: 0 }),
  max: whole('DB_POOL_MAX', 1, MOST, { default: 10 }),
  acquireTimeoutMs: milliseconds('DB_ACQUIRE_TIMEOUT_MS', 1, { default: 10_000 }),
  idleTimeoutMs: milliseconds('DB_IDLE_TIMEOUT_MS', 1, { default: 60_000 }),
  recycleMs: milliseconds('DB_POOL_RECYCLE_MS', 0, { default: 3_600_000 }),
  preConnectCheck: flag('DB_PRE_CONNECT_CHECK', { default: true }),
};

function budget(prefix: string, defaults: RetryBudget) {
  return group({
    attempts: whole(`${prefix}_ATTEMPTS`, 1, MOST, { default: defaults.attempts }),
    baseDelayMs: milliseconds(`${prefix}_BASE_DELAY_MS`, 0, { default: defaults.baseDelayMs }),
    maxDelayMs: milliseconds(`${prefix}_MAX_DELAY_MS`, 0, { default: defaults.maxDelayMs }),
    maxElapsedMs: milliseconds(`${prefix}_MAX_ELAPSED_MS`, 0, { default: defaults.maxElapsedMs }),
  });
}

const RETRY = {
  contention: budget('DB_RETRY_CONTENTION', { attempts: 20, baseDelayMs: 5, maxDelayMs: 500, maxElapsedMs: 30_000 }),
  outage: budget('DB_RETRY_OUTAGE', { attempts: 1_000, baseDelayMs: 100, maxDelayMs: 5_000, maxElapsedMs: 120_000 }),
  signal: passed(z.instanceof(AbortSignal, { error: 'an AbortSignal' })),
  onRetry: passed(z.custom<RetryListener>(isFunction, { error: 'a function' })),
};

const loggers = z.custom<Logger>().check(({ value, issues }) => {
  if (typeof value !== 'object' || value === null) {
    issues.push({ code: 'custom', message: 'an object with the methods debug, info, warn and error', input: value });
    return;
  }
  for (const method of LEVELS.filter((name) => !isFunction(value[name]))) {
    issues.push({ code: 'custom', message: 'a method', input: value, path: [method] });
  }
});

/** How to behave. */
export const BEHAVIOUR = {
  // --- Encryption ---
  tls: group(TLS, 'enabled'),
  // --- Connections ---
  pool: group(POOL),
  connectTimeoutMs: milliseconds('DB_CONNECT_TIMEOUT_MS', 1, { default: 10_000 }),
  connectRetries: whole('DB_CONNECT_RETRIES', 0, MOST, { default: 3 }),
  compress: flagOr(
    'DB_COMPRESS',
    'zlib',
    { serverOnly, default: false },
    ': the driver (mysql2) supports no other method, such as zstd',
  ),
  charset: text('DB_CHARSET', { serverOnly, default: CHARSET }, (value) => {
    const fault = faultOfCharset(value);
    return fault && `utf8mb4 or a collation of it, not ${value}: ${fault}`;
  }),
  sqlMode: list('DB_SQL_MODE', 'modes', ',', { serverOnly, default: [] }, (mode) => {
    const name = mode.toUpperCase();
    const fault = faultOfSqlMode(name);
    return fault && `a mode that can be added, not ${name}: ${fault}`;
  }),
  initStatements: list('DB_INIT_STATEMENTS', 'statements', ';', { secret, serverOnly, default: [] }),
  // --- Statements ---
  queryTimeoutMs: milliseconds('DB_QUERY_TIMEOUT_MS', 0, { default: 0 }),
  statementTimeoutMs: milliseconds('DB_STATEMENT_TIMEOUT_MS', 0, { serverOnly, default: 0 }),
  silenceCheckMs: milliseconds('DB_SILENCE_CHECK_MS', 0, { default: 5_000 }),
  // --- Retries ---
  retry: group(RETRY),
  // --- Batches, statistics and shutdown ---
  bulkLoad: flag('DB_BULK_LOAD', { default: true }),
  statsBudgetMs: milliseconds('STATS_BUDGET_MS', 1, { default: 250 }),
  shutdownTimeoutMs: milliseconds('DB_SHUTDOWN_TIMEOUT_MS', 0, { default: 30_000 }),
  // --- Migrations ---
  autoMigrate: flag('AUTO_MIGRATE'),
  migrationLockTimeoutMs: milliseconds('DB_MIGRATION_LOCK_TIMEOUT_MS', 0, { default: 60_000 }),
  // --- Data and logs ---
  defaultExchange: text('DEFAULT_EXCHANGE', { default: 'okx' }, (name) => checkName(name, EXCHANGE_LENGTH)),
  logger: passed(loggers),
  logQueries: sharedFlag('DEBUG', { default: false }),
};

/** Every option. The compiler compares it with the types above. */
export const OPTIONS = { ...TARGET, ...BEHAVIOUR } satisfies TableOf<DatabaseOptions>;
