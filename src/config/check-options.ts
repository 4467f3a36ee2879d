import type { z } from 'zod';
import { ConfigurationError, isConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { schemaOf, type Table } from './option.ts';
import { type DatabaseOptions, OPTIONS } from './options.ts';
import { fieldsAt, isLogger, noSuchField } from './schema-fields.ts';

/** Checks the options of an instance, each by itself. */
export const optionsSchema = schemaOf(OPTIONS, 'an object of options');

/**
 * A plain copy of options, without those that are `undefined` and groups that are empty, which both mean the same as
 * options that are left out. Nothing later reads the caller's object, which may be a proxy.
 *
 * @throws ConfigurationError if something else is passed in place of options, such as a URL or a logger
 */
export function copyOptions(operation: string, options: unknown): DatabaseOptions {
  return reading(operation, 'options', () => {
    checkIsOptions(operation, options);
    return copyOf(OPTIONS, options);
  });
}

function copyOf(table: Table, given: object): object {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const entry = Object.hasOwn(table, name) ? table[name] : undefined;
      if (entry === undefined || !('fields' in entry) || !isObject(value)) {
        return value === undefined ? [] : [[name, value]];
      }
      const copy = copyOf(entry.fields, value);
      return Object.keys(copy).length === 0 ? [] : [[name, copy]];
    }),
  );
}

/** True for an object that is no array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Calls a function that reads an object of the caller's. A getter or a proxy may throw anything then.
 *
 * @throws ConfigurationError instead, without what was thrown: that may hold a password
 */
export function reading<T>(operation: string, what: 'options' | 'variables', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isConfigurationError(error)) {
      throw error;
    }
    const expected = `an object of ${what} that can be read`;
    throw unusable(operation, what, expected, 'one that throws when it is read, such as a revoked proxy');
  }
}

function checkIsOptions(operation: string, options: unknown): asserts options is object {
  if (typeof options === 'string') {
    throw unusable(operation, 'options', "options, such as { url: 'mysql://…' }", 'text');
  }
  if (isLogger(options)) {
    throw unusable(operation, 'options', 'options; a logger is one of them: { logger }', 'a logger');
  }
  if (!isObject(options)) {
    throw unusable(operation, 'options', 'an object of options', 'something else');
  }
}

/** The error for an object that cannot be used as a whole. */
export function unusable(operation: string, what: 'options' | 'variables', expected: string, received: string) {
  return new ConfigurationError(operation, `the ${what} cannot be used`, [{ path: '', expected, received }]);
}

/**
 * Checks each option by itself, and adds the faults to `issues`.
 *
 * @throws ConfigurationError if something else is passed in place of options
 */
export function checkOptions(operation: string, options: unknown, issues: Issue[]): DatabaseOptions {
  const parsed = reading(operation, 'options', () => {
    checkIsOptions(operation, options);
    return optionsSchema.safeParse(options);
  });
  if (parsed.success) {
    return parsed.data as DatabaseOptions;
  }
  issues.push(...parsed.error.issues.flatMap((issue) => toIssues(issue, [])));
  return {};
}

/** Values are not shown: one of them may be the password. */
function toIssues(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(optionsSchema, path);
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      expected: noSuchField('option', key, known),
      received: 'something else',
    }));
  }
  // of several forms, the one that was meant has faults inside
  const meant = issue.code === 'invalid_union' ? issue.errors.find((faults) => !faults.some(isAnotherForm)) : undefined;
  return (
    meant?.flatMap((fault) => toIssues(fault, path)) ?? [
      { path: path.join('.'), expected: issue.message, received: 'something else' },
    ]
  );
}

function isAnotherForm({ path, code }: z.core.$ZodIssue): boolean {
  return path.length === 0 && code !== 'unrecognized_keys';
}
