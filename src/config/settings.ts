import { z } from 'zod';
import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { guardedLogger, type Logger, silentLogger } from '../logger/logger.ts';
import { DEFAULT_RETRY, type RetryPolicy } from '../retry/retry.ts';
import { defined } from './defined.ts';
import { EXCHANGE_LENGTH, isExchange } from './environment.ts';
import type { DatabaseOptions } from './options.ts';
import { resolveTarget, type Target } from './target.ts';

/** Every setting with its final value; frozen. Times are in milliseconds. */
export interface Settings {
  readonly target: Target;
  readonly logger: Logger;
  readonly logQueries: boolean;
  readonly defaultExchange: string;
  readonly autoMigrate: boolean;
  readonly pool: {
    readonly min: number;
    readonly max: number;
    readonly acquireTimeoutMs: number;
    readonly idleTimeoutMs: number;
    readonly recycleMs: number;
    readonly preConnectCheck: boolean;
  };
  readonly retry: RetryPolicy;
  readonly connectTimeoutMs: number;
  readonly connectRetries: number;
  readonly queryTimeoutMs: number;
  readonly migrationLockTimeoutMs: number;
  readonly statsBudgetMs: number;
  readonly bulkLoad: boolean;
}

const DEFAULT_POOL: Settings['pool'] = {
  min: 0,
  max: 10,
  acquireTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  recycleMs: 3_600_000,
  preConnectCheck: true,
};

const milliseconds = z.int().min(0).max(2_147_483_647);
const positiveMilliseconds = milliseconds.min(1);
const count = z.int().min(0).max(10_000);
const text = z.string({ error: 'text' }).min(1, { error: 'text that is not empty' });
const exchange = z.string({ error: 'text' }).refine(isExchange, {
  error: `text of 1 to ${EXCHANGE_LENGTH} characters without white space at its ends`,
});
const method = z.custom<(...args: never[]) => void>((value) => typeof value === 'function');
const budget = z
  .strictObject({
    attempts: z.int().min(1).max(10_000),
    baseDelayMs: milliseconds,
    maxDelayMs: milliseconds,
    maxElapsedMs: milliseconds,
  })
  .partial();

const optionsSchema = z
  .strictObject({
    url: text,
    host: text,
    port: z.int().min(1).max(65_535),
    database: text,
    user: text,
    password: z.string(),
    socketPath: text,
    logger: z.looseObject({ debug: method, info: method, warn: method, error: method }),
    logQueries: z.boolean(),
    defaultExchange: exchange,
    autoMigrate: z.boolean(),
    pool: z
      .strictObject({
        min: count,
        max: count.min(1),
        acquireTimeoutMs: positiveMilliseconds,
        idleTimeoutMs: positiveMilliseconds,
        recycleMs: milliseconds,
        preConnectCheck: z.boolean(),
      })
      .partial(),
    retry: z.strictObject({ contention: budget, outage: budget }).partial(),
    connectTimeoutMs: positiveMilliseconds,
    connectRetries: count,
    queryTimeoutMs: milliseconds,
    migrationLockTimeoutMs: milliseconds,
    statsBudgetMs: positiveMilliseconds,
    bulkLoad: z.boolean(),
  })
  .partial();

/**
 * Puts the settings together, once, and freezes them.
 *
 * @throws ConfigurationError that names every faulty option at once
 */
export function resolveSettings(operation: string, options: DatabaseOptions): Settings {
  const issues: Issue[] = [];
  const parsed = parseOptions(options, issues);
  const target = resolveTarget(parsed, (key) => key, issues);
  const pool = { ...DEFAULT_POOL, ...defined(parsed.pool) };
  if (pool.min > pool.max) {
    issues.push({ path: 'pool.min', expected: `at most pool.max (${pool.max})`, received: String(pool.min) });
  }
  if (target === undefined || issues.length > 0) {
    throw new ConfigurationError(operation, 'the settings cannot be used', issues);
  }
  const embedded = target.kind === 'file';
  return Object.freeze({
    target: Object.freeze(target),
    // one file has one writer; a second connection would only wait for the first
    pool: Object.freeze(embedded ? { ...pool, min: 1, max: 1 } : pool),
    logger: options.logger === undefined ? silentLogger : guardedLogger(options.logger),
    logQueries: parsed.logQueries ?? false,
    defaultExchange: parsed.defaultExchange ?? 'okx',
    autoMigrate: parsed.autoMigrate ?? embedded,
    retry: Object.freeze({
      contention: Object.freeze({ ...DEFAULT_RETRY.contention, ...defined(parsed.retry?.contention) }),
      outage: Object.freeze({ ...DEFAULT_RETRY.outage, ...defined(parsed.retry?.outage) }),
    }),
    connectTimeoutMs: parsed.connectTimeoutMs ?? 10_000,
    connectRetries: parsed.connectRetries ?? 3,
    queryTimeoutMs: parsed.queryTimeoutMs ?? 0,
    migrationLockTimeoutMs: parsed.migrationLockTimeoutMs ?? 60_000,
    statsBudgetMs: parsed.statsBudgetMs ?? 250,
    bulkLoad: parsed.bulkLoad ?? true,
  });
}

type ParsedOptions = z.output<typeof optionsSchema>;

function parseOptions(options: DatabaseOptions, issues: Issue[]): ParsedOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) {
    return parsed.data;
  }
  for (const issue of parsed.error.issues) {
    const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? [issue.keys.join(', ')] : [])].join('.');
    const expected =
      issue.code === 'unrecognized_keys' ? 'no such option' : issue.message.replace(/^Invalid input: expected /, '');
    // values are not shown: one of them may be the password
    issues.push({ path, expected, received: 'something else' });
  }
  return {};
}
