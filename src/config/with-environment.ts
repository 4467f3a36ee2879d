import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { stderrLogger } from '../logger/stderr-logger.ts';
import { defined } from './defined.ts';
import { DEBUG_VARIABLE, ENVIRONMENT, type EnvironmentKey } from './environment.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { DatabaseOptions } from './options.ts';
import { checkIsOptions } from './options-schema.ts';
import { NEEDS_SERVER, serverOnly } from './server-only.ts';
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
  checkIsOptions('environment', options);
  if (typeof environment !== 'object' || environment === null) {
    const expected = "an object of variables, such as { DB_HOST: 'db' }";
    throw new ConfigurationError('environment', 'the variables cannot be used', [
      { path: '', expected, received: 'something else' },
    ]);
  }
  const issues: Issue[] = [];
  const values: Record<string, unknown> = {};
  const groups = { pool: {}, tls: {}, contention: {}, outage: {} } as const;
  const targetByOption = TARGET_KEYS.some((key) => options[key] !== undefined);
  for (const key of Object.keys(ENVIRONMENT) as EnvironmentKey[]) {
    const given = environment[ENVIRONMENT[key].variable];
    const overruled = targetByOption && (TARGET_KEYS as readonly string[]).includes(key);
    if (given !== undefined && given !== '' && !overruled) {
      const [name, group] = key.split('.').reverse() as [string, keyof typeof groups | undefined];
      const into: Record<string, unknown> = group === undefined ? values : groups[group];
      into[name] = read(key, given, issues);
    }
  }
  if (Object.keys(groups.tls).length > 0) {
    values['tls'] = groups.tls;
  }
  checkTarget(values, options, targetByOption, issues);
  const { pool, contention, outage } = groups;
  const { min, max } = pool as { min?: number; max?: number };
  if (min !== undefined && max !== undefined && min > max) {
    issues.push({ path: 'DB_POOL_MIN', expected: `at most DB_POOL_MAX (${max})`, received: String(min) });
  }
  if (issues.length > 0) {
    throw new ConfigurationError('environment', 'the variables cannot be used', issues);
  }
  return hideSecrets({
    ...values,
    ...(/^(1|true|yes|on)$/i.test(environment[DEBUG_VARIABLE] ?? '') ? { logQueries: true, logger: stderrLogger } : {}),
    ...defined(options),
    pool: { ...pool, ...defined(options.pool) },
    retry: {
      ...defined(options.retry),
      contention: { ...contention, ...defined(options.retry?.contention) },
      outage: { ...outage, ...defined(options.retry?.outage) },
    },
  });
}

/** Says what is wrong with where the database is by the names of variables, as far as they say where it is. */
function checkTarget(
  values: Record<string, unknown>,
  options: DatabaseOptions,
  targetByOption: boolean,
  issues: Issue[],
): void {
  const embedded = targetByOption
    ? String(options.url).startsWith('sqlite:')
    : resolveTarget(values, (key) => ENVIRONMENT[key].variable, issues)?.kind === 'file';
  for (const { key, received } of embedded ? serverOnly(values) : []) {
    if (targetByOption) {
      // variables that many programs share say nothing of a file that one of them names
      delete values[key];
    } else {
      issues.push({ path: variablesOf(key), expected: NEEDS_SERVER, received });
    }
  }
}

function variablesOf(key: string): string {
  return (Object.keys(ENVIRONMENT) as EnvironmentKey[])
    .filter((candidate) => candidate === key || candidate.startsWith(`${key}.`))
    .map((candidate) => ENVIRONMENT[candidate].variable)
    .join(', ');
}

function read(key: EnvironmentKey, given: string, issues: Issue[]): unknown {
  const { variable, parse, expected, secret } = ENVIRONMENT[key];
  const value = parse(given);
  if (value === undefined) {
    issues.push({ path: variable, expected, received: secret ? 'something else' : JSON.stringify(given.slice(0, 50)) });
  }
  return value;
}
