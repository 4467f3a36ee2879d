import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { stderrLogger } from '../logger/stderr-logger.ts';
import { defined } from './defined.ts';
import { DEBUG_VARIABLE, ENVIRONMENT, type EnvironmentKey } from './environment.ts';
import type { DatabaseOptions } from './options.ts';
import { resolveTarget, TARGET_KEYS } from './target.ts';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Completes options from environment variables; an option stands before its variable. Where the database
 * is comes whole from one side: half a server here and half there would be a guess.
 *
 * @example new DatabaseOperations(withEnvironment(process.env, { defaultExchange: 'binance' }))
 * @throws ConfigurationError that names every faulty variable at once
 */
export function withEnvironment(environment: Environment, options: DatabaseOptions = {}): DatabaseOptions {
  const issues: Issue[] = [];
  const values: Record<string, unknown> = {};
  const pool: Record<string, unknown> = {};
  const targetByOption = TARGET_KEYS.some((key) => options[key] !== undefined);
  for (const key of Object.keys(ENVIRONMENT) as EnvironmentKey[]) {
    const given = environment[ENVIRONMENT[key].variable];
    const overruled = targetByOption && (TARGET_KEYS as readonly string[]).includes(key);
    if (given !== undefined && given !== '' && !overruled) {
      const into = key.startsWith('pool.') ? pool : values;
      into[key.replace('pool.', '')] = read(key, given, issues);
    }
  }
  if (!targetByOption) {
    resolveTarget(values, (key) => ENVIRONMENT[key].variable, issues);
  }
  const { min, max } = pool as { min?: number; max?: number };
  if (min !== undefined && max !== undefined && min > max) {
    issues.push({ path: 'DB_POOL_MIN', expected: `at most DB_POOL_MAX (${max})`, received: String(min) });
  }
  if (issues.length > 0) {
    throw new ConfigurationError('environment', 'the variables cannot be used', issues);
  }
  return {
    ...values,
    ...(/^(1|true|yes|on)$/i.test(environment[DEBUG_VARIABLE] ?? '') ? { logQueries: true, logger: stderrLogger } : {}),
    ...defined(options),
    pool: { ...pool, ...defined(options.pool) },
  };
}

function read(key: EnvironmentKey, given: string, issues: Issue[]): unknown {
  const { variable, parse, expected, secret } = ENVIRONMENT[key];
  const value = parse(given);
  if (value === undefined) {
    issues.push({ path: variable, expected, received: secret ? 'something else' : JSON.stringify(given.slice(0, 50)) });
  }
  return value;
}
