import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { guardedLogger, type Logger, silentLogger } from '../logger/logger.ts';
import { DEFAULT_RETRY, type RetryPolicy } from '../retry/retry.ts';
import { guardedListener, type RetryListener } from '../retry/retry-event.ts';
import { CHARSET, faultOfCharset } from './charset.ts';
import { defined } from './defined.ts';
import { hideSecrets } from './hide-secrets.ts';
import { faultOfNode } from './node-version.ts';
import type { DatabaseOptions } from './options.ts';
import { checkIsOptions, parseOptions } from './options-schema.ts';
import { NEEDS_SERVER, serverOnly } from './server-only.ts';
import { optionFileOf, resolveTarget, type Target } from './target.ts';
import { mergeTls, resolveTls, type TlsSettings } from './tls.ts';

// when it is imported: an older Node.js lacks what the first instance would be made with
const fault = faultOfNode(process.versions.node);
if (fault !== undefined) {
  throw new ConfigurationError('tradestore', fault);
}

/** How failures are tried again, and who is told. */
export interface RetrySettings extends RetryPolicy {
  readonly signal: AbortSignal | undefined;
  /** Never throws. */
  readonly onRetry: RetryListener;
}

/** Sizes and time limits of a pool. */
export interface PoolSettings {
  /** Connections kept open while idle. */
  readonly min: number;
  /** Connections at most. */
  readonly max: number;
  /** How long a caller waits for a free connection. */
  readonly acquireTimeoutMs: number;
  /** How long a connection may stay idle before it is closed. */
  readonly idleTimeoutMs: number;
  /** Age at which a connection is replaced; 0 for never. */
  readonly recycleMs: number;
  /** Whether a connection that was idle for a moment is asked whether it is alive before it is lent. */
  readonly preConnectCheck: boolean;
}

/** Every setting with its final value; frozen. Times are in milliseconds. */
export interface Settings {
  readonly target: Target;
  /** How connections are encrypted; `undefined` where they are not. */
  readonly tls: TlsSettings | undefined;
  readonly charset: string;
  readonly sqlMode: readonly string[];
  readonly initStatements: readonly string[];
  readonly compress: boolean;
  readonly logger: Logger;
  readonly logQueries: boolean;
  readonly defaultExchange: string;
  readonly autoMigrate: boolean;
  readonly pool: PoolSettings;
  readonly retry: RetrySettings;
  readonly connectTimeoutMs: number;
  readonly connectRetries: number;
  readonly queryTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly silenceCheckMs: number;
  readonly migrationLockTimeoutMs: number;
  readonly statsBudgetMs: number;
  readonly shutdownTimeoutMs: number;
  readonly bulkLoad: boolean;
}

const DEFAULT_POOL: PoolSettings = {
  min: 0,
  max: 10,
  acquireTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  recycleMs: 3_600_000,
  preConnectCheck: true,
};

/** As long as an orchestrator commonly waits before it kills. */
export const DEFAULT_SHUTDOWN_TIMEOUT_MS = 30_000;

/**
 * Puts the settings together, once, and freezes them.
 *
 * @throws ConfigurationError that names every faulty option at once
 */
export function resolveSettings(operation: string, options: DatabaseOptions): Settings {
  checkIsOptions(operation, options);
  const issues: Issue[] = [];
  const parsed = parseOptions(options, issues);
  const file = optionFileOf(parsed, (key) => key, issues);
  const target = resolveTarget(parsed, (key) => key, issues, file);
  const charset = parsed.charset ?? file?.charset ?? CHARSET;
  if (faultOfCharset(charset) !== undefined) {
    issues.push({ path: 'optionFile', expected: 'the encoding utf8mb4 or a collation of it', received: charset });
  }
  const tls = target === undefined ? undefined : resolveTls(mergeTls(file?.tls, parsed.tls), target, issues);
  for (const { key, received } of target?.kind === 'file' ? serverOnly(parsed) : []) {
    issues.push({ path: key, expected: NEEDS_SERVER, received });
  }
  const pool = { ...DEFAULT_POOL, ...defined(parsed.pool) };
  if (pool.min > pool.max) {
    issues.push({ path: 'pool.min', expected: `at most pool.max (${pool.max})`, received: String(pool.min) });
  }
  if (target === undefined || issues.length > 0) {
    throw new ConfigurationError(operation, 'the settings cannot be used', issues);
  }
  const embedded = target.kind === 'file';
  const logger = options.logger === undefined ? silentLogger : guardedLogger(options.logger);
  return Object.freeze({
    target: Object.freeze(hideSecrets(target)),
    tls,
    charset: charset.toLowerCase(),
    sqlMode: Object.freeze(parsed.sqlMode ?? []),
    initStatements: Object.freeze(parsed.initStatements ?? []),
    compress: (parsed.compress ?? file?.compress ?? false) !== false,
    // one file has one writer; a second connection would only wait for the first
    pool: Object.freeze(embedded ? { ...pool, min: 1, max: 1 } : pool),
    logger,
    logQueries: parsed.logQueries ?? false,
    defaultExchange: parsed.defaultExchange ?? 'okx',
    autoMigrate: parsed.autoMigrate ?? embedded,
    retry: Object.freeze({
      contention: Object.freeze({ ...DEFAULT_RETRY.contention, ...defined(parsed.retry?.contention) }),
      outage: Object.freeze({ ...DEFAULT_RETRY.outage, ...defined(parsed.retry?.outage) }),
      signal: parsed.retry?.signal,
      onRetry: retryListener(parsed.retry?.onRetry, logger),
    }),
    connectTimeoutMs: parsed.connectTimeoutMs ?? 10_000,
    connectRetries: parsed.connectRetries ?? 3,
    queryTimeoutMs: parsed.queryTimeoutMs ?? 0,
    statementTimeoutMs: parsed.statementTimeoutMs ?? 0,
    silenceCheckMs: parsed.silenceCheckMs ?? 5_000,
    migrationLockTimeoutMs: parsed.migrationLockTimeoutMs ?? 60_000,
    statsBudgetMs: parsed.statsBudgetMs ?? 250,
    shutdownTimeoutMs: parsed.shutdownTimeoutMs ?? DEFAULT_SHUTDOWN_TIMEOUT_MS,
    bulkLoad: parsed.bulkLoad ?? true,
  });
}

const nobody: RetryListener = () => undefined;

function retryListener(listener: RetryListener | undefined, logger: Logger): RetryListener {
  return listener === undefined
    ? nobody
    : guardedListener(listener, (error) => logger.error({ reason: String(error) }, 'retry.onRetry failed'));
}
