import type { z } from 'zod';
import { fieldsAt, isLogger, noSuchField } from '../config/schema-fields.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { cutIssue, type Issue } from '../errors/issue.ts';
import { describeValue } from './describe-value.ts';

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The issue of a value whose getter or proxy throws. */
export const UNREADABLE: Issue = {
  path: '',
  expected: 'a plain value',
  received: 'a value that throws when it is read',
};

/** Checks an input against its schema, and returns what is wrong as {@link Issue}s. */
export function check<T>(schema: z.ZodType<T>, input: unknown): Checked<T> {
  try {
    const result = schema.safeParse(input, { reportInput: true });
    return result.success
      ? { ok: true, value: result.data }
      : { ok: false, issues: result.error.issues.flatMap((issue) => toIssues(schema, input, issue)).map(cutIssue) };
  } catch {
    return { ok: false, issues: [UNREADABLE] };
  }
}

export type Check<T> = (input: unknown) => Checked<T>;

/**
 * A check that asks the schema, which takes several microseconds, only where the quick check does not decide.
 *
 * @param quick returns what the schema would return, or `undefined` to leave the input to the schema
 */
export function quickCheck<T>(schema: z.ZodType<T>, quick: (input: unknown) => T | undefined): Check<T> {
  return (input) => {
    try {
      const value = quick(input);
      if (value !== undefined) {
        return { ok: true, value };
      }
    } catch {
      // a value that throws when it is read: the schema says which
    }
    return check(schema, input);
  };
}

/** True for an object as a literal makes it, with no field but the known ones. */
export function isPlainObject(input: unknown, fields: ReadonlySet<string>): input is Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Object.getPrototypeOf(input) !== Object.prototype) {
    return false;
  }
  for (const field in input) {
    if (!fields.has(field)) {
      return false;
    }
  }
  return true;
}

/**
 * Checks an input and returns it in its normal form.
 *
 * @throws InvalidInputError that names the path of everything that is wrong
 */
export function parse<T>(operation: string, schema: z.ZodType<T>, input: unknown): T {
  return accepted(operation, check(schema, input));
}

/** The value of a checked input. Throws as {@link parse} does. */
export function accepted<T>(operation: string, checked: Checked<T>): T {
  if (!checked.ok) {
    throw new InvalidInputError(operation, checked.issues);
  }
  return checked.value;
}

/** Puts a path before those of issues: `[2]` for the third element of a list. */
export function under(path: string, issues: readonly Issue[]): Issue[] {
  return issues.map((issue) => ({ ...issue, path: joinPath(path, issue.path) }));
}

function joinPath(parent: string, child: string): string {
  return child === '' || child.startsWith('[') ? `${parent}${child}` : `${parent}.${child}`;
}

const SHOWN_FIELDS = 8;

function toIssues(schema: z.ZodType, input: unknown, issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  if (issue.code === 'unrecognized_keys') {
    if (path === '' && isLogger(input)) {
      const expected = 'no logger here (it is an option of the instance: new DatabaseOperations({ logger }))';
      return [{ path, expected, received: 'a logger' }];
    }
    const known = fieldsAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      expected: noSuchField('field', key, known),
      received: describeField(issue.input, key),
    }));
  }
  return [{ path, expected: issue.message, received: describeValue(issue.input) + formOf(schema, issue) }];
}

/** Shows the fields of the expected object where a plain value was given, as in `getCandles('BTC-USDT', '1m')`. */
function formOf(schema: z.ZodType, { code, path, input }: z.core.$ZodIssue): string {
  const fields = fieldsAt(schema, path).filter((field) => !field.includes('.'));
  return code === 'invalid_type' && fields.length > 0 && input !== undefined && Object(input) !== input
    ? ` (pass one object: { ${fields.slice(0, SHOWN_FIELDS).join(', ')}${fields.length > SHOWN_FIELDS ? ', …' : ''} })`
    : '';
}

function describeField(object: unknown, key: string): string {
  try {
    return describeValue((object as Record<string, unknown> | undefined)?.[key]);
  } catch {
    return UNREADABLE.received;
  }
}
