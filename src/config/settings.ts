import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { guardedLogger, type Logger, silentLogger } from '../logger/logger.ts';
import type { RetryListener, RetryPolicy } from '../retry/retry.ts';
import { checkOptions } from './check-options.ts';
import { hideSecrets } from './hide-secrets.ts';
import { faultOfNode } from './node-version.ts';
import { type Values, withDefaults } from './option.ts';
import { BEHAVIOUR, type DatabaseOptions } from './options.ts';
import { faultsOfEmbedded, optionFileOf, resolveTarget, type Target } from './target.ts';
import { mergeTls, resolveTls, type TlsSettings } from './tls.ts';

// at import, since an older Node.js lacks features that are used from the first instance on
const fault = faultOfNode(process.versions.node);
if (fault !== undefined) {
  throw new ConfigurationError('tradestore', fault);
}

/** How failures are retried, and who hears of it. */
export interface RetrySettings extends RetryPolicy {
  readonly signal: AbortSignal | undefined;
  /** Never throws. */
  readonly onRetry: RetryListener;
}

type Behaviour = Values<typeof BEHAVIOUR>;

export interface PoolSettings extends Readonly<Behaviour['pool']> {}

/** Every setting with its final value; frozen. Times are in milliseconds. */
export interface Settings extends Omit<Behaviour, 'tls' | 'compress' | 'autoMigrate' | 'logger' | 'retry'> {
  readonly target: Target;
  /** How connections are encrypted; `undefined` if they are not. */
  readonly tls: TlsSettings | undefined;
  readonly compress: boolean;
  readonly autoMigrate: boolean;
  readonly logger: Logger;
  readonly retry: RetrySettings;
}

/**
 * Resolves options to settings, and freezes them.
 *
 * @throws ConfigurationError that names every faulty option at once
 */
export function resolveSettings(operation: string, options: DatabaseOptions): Settings {
  const issues: Issue[] = [];
  const given = checkOptions(operation, options, issues);
  const file = optionFileOf(given, (key) => key, issues);
  const target = resolveTarget(given, (key) => key, issues, file);
  const { charset = file?.charset, compress = file?.compress } = given;
  const values = withDefaults(BEHAVIOUR, { ...given, charset, compress });
  const tls = target === undefined ? undefined : resolveTls(mergeTls(file?.tls, given.tls), target, issues);
  const embedded = target?.kind === 'file';
  if (embedded) {
    const normal = { ...given, tls: mergeTls(undefined, given.tls) };
    issues.push(...faultsOfEmbedded(normal, ({ path }) => path.replace(/\.enabled$/, '')));
  }
  const { min, max } = values.pool;
  if (min > max) {
    issues.push({ path: 'pool.min', expected: `at most pool.max (${max})`, received: String(min) });
  }
  if (target === undefined || issues.length > 0) {
    throw new ConfigurationError(operation, 'the settings cannot be used', issues);
  }
  const logger = values.logger === undefined ? silentLogger : guardedLogger(values.logger);
  const { onRetry: listener } = values.retry;
  const onRetry = listener === undefined ? nobody : guardedListener(listener, logger);
  return Object.freeze({
    ...values,
    target: Object.freeze(hideSecrets(target)),
    tls,
    charset: values.charset.toLowerCase(),
    sqlMode: Object.freeze(values.sqlMode.map((mode) => mode.toUpperCase())),
    initStatements: Object.freeze(values.initStatements),
    compress: values.compress !== false,
    // a file has one writer at a time, so a second connection would only wait for the first
    pool: embedded ? Object.freeze({ ...values.pool, min: 1, max: 1 }) : values.pool,
    logger,
    autoMigrate: values.autoMigrate ?? embedded,
    retry: Object.freeze({ ...values.retry, onRetry }),
  });
}

const nobody: RetryListener = () => undefined;

/** A listener that never throws: its errors, and those of a promise that it returns, are logged. */
function guardedListener(listener: RetryListener, logger: Logger): RetryListener {
  const failed = (error: unknown): void => logger.error({ reason: String(error) }, 'retry.onRetry failed');
  return (event) => {
    (async () => listener(event))().catch(failed);
  };
}
