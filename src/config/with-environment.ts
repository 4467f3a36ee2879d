import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { lineLogger } from '../logger/line-logger.ts';
import { copyOptions, isObject, reading, unusable } from './check-options.ts';
import { hideSecrets } from './hide-secrets.ts';
import { type Leaf, leavesOf, readVariable, setAt, type Table } from './option.ts';
import { type DatabaseOptions, OPTIONS, TARGET } from './options.ts';
import { faultsOfEmbedded, resolveTarget, TARGET_KEYS } from './target.ts';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The option of each variable. */
export const VARIABLES: ReadonlyMap<string, Leaf> = new Map(
  leavesOf(OPTIONS).flatMap((leaf) => (leaf.option.variable === undefined ? [] : [[leaf.option.variable, leaf]])),
);

/**
 * Completes options from environment variables; an option overrides its variable. Where the database is comes from
 * one side alone: combining half a server from each would be a guess.
 *
 * @example new DatabaseOperations(withEnvironment(process.env, { defaultExchange: 'binance' }))
 * @throws ConfigurationError that names every faulty variable at once
 */
export function withEnvironment(environment: Environment, options: DatabaseOptions = {}): DatabaseOptions {
  const given = copyOptions('environment', options);
  const issues: Issue[] = [];
  const targetByOption = TARGET_KEYS.some((key) => given[key] !== undefined);
  const values = reading('environment', 'variables', () => {
    if (!isObject(environment)) {
      const expected = "an object of variables, such as { DB_HOST: 'db' }";
      throw unusable('environment', 'variables', expected, 'something else');
    }
    return readVariables(environment, variablesBeside(given), issues);
  });
  if (!targetByOption) {
    checkTarget(values, issues);
  }
  const { min, max } = values.pool ?? {};
  if (min !== undefined && max !== undefined && min > max) {
    issues.push({ path: 'DB_POOL_MIN', expected: `at most DB_POOL_MAX (${max})`, received: String(min) });
  }
  if (issues.length > 0) {
    throw new ConfigurationError('environment', 'the variables cannot be used', issues);
  }
  const logger = values.logQueries === true ? { logger: lineLogger(process.stderr) } : {};
  const complete: DatabaseOptions = merge(OPTIONS, { ...logger, ...values }, given);
  if (isObject(complete.tls)) {
    hideSecrets(complete.tls);
  }
  return hideSecrets(complete);
}

/** The variables that count beside these options. */
function variablesBeside(given: DatabaseOptions): (readonly [string, Leaf])[] {
  const targetByOption = TARGET_KEYS.some((key) => given[key] !== undefined);
  // variables that several programs share do not keep one of them from using a file of its own
  const embedded = String(given.url).startsWith('sqlite:');
  return [...VARIABLES].filter(
    ([, { path, option }]) =>
      !(targetByOption && TARGET_KEYS.some((key) => key === path)) && !(embedded && option.serverOnly),
  );
}

function readVariables(
  environment: Environment,
  variables: readonly (readonly [string, Leaf])[],
  issues: Issue[],
): DatabaseOptions {
  const values: Record<string, unknown> = {};
  for (const [variable, { path, option }] of variables) {
    const text = environment[variable];
    if (text === undefined || text === '') {
      continue;
    }
    const read = readVariable(option, text);
    if ('value' in read) {
      setAt(values, path, read.value);
    } else {
      const received = option.secret ? 'something else' : JSON.stringify(String(text).slice(0, 50));
      issues.push({ path: variable, expected: read.expected, received });
    }
  }
  return values;
}

/** Checks where the database is, as far as variables say so, and names faults by their variables. */
function checkTarget(values: DatabaseOptions, issues: Issue[]): void {
  const target = resolveTarget(values, (key) => TARGET[key].variable ?? key, issues);
  if (target?.kind === 'file') {
    issues.push(...faultsOfEmbedded(values, ({ option }) => option.variable ?? ''));
  }
}

/** Options override variables. How to encrypt comes from one side alone, as the target does. */
function merge(table: Table, values: object, given: object): object {
  const merged: Record<string, unknown> = { ...values, ...given };
  for (const [name, entry] of Object.entries(table)) {
    const [below, above] = [values, given].map((side) => (side as Readonly<Record<string, unknown>>)[name]);
    if ('fields' in entry && entry.shorthand === undefined && isObject(below) && isObject(above)) {
      merged[name] = merge(entry.fields, below, above);
    }
  }
  return merged;
}
