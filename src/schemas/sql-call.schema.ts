import type { z } from 'zod';
import { SqlDecimal } from '../decimal/sql-decimal.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';
import { describeValue } from './describe-value.ts';
import { parse, UNREADABLE } from './parse.ts';
import { flag, object, signal, whole } from './primitives.ts';

/**
 * A value for a statement. A `Date` is an instant, sent in UTC. A decimal is exact as text; to compare it with the
 * tables' decimals on every database, write `sql.decimal('0.1')`. A `Uint8Array`, or a `Buffer`, is bytes. Give JSON as
 * text, by `JSON.stringify`.
 */
export type SqlInput = string | number | bigint | boolean | Date | SqlDecimal | Uint8Array | null;

/**
 * A value; a list of values, for `in (${symbols})`; or a list of rows of the same length, for
 * `insert into notes (k, v) values ${rows}`.
 */
export type SqlArgument = SqlInput | readonly SqlInput[] | readonly (readonly SqlInput[])[];

/** The values of a statement: one for each `?`, or by the names of its placeholders, such as `:symbol`. */
export type SqlValues = readonly SqlArgument[] | Readonly<Record<string, SqlArgument>>;

/** How a statement is run. */
export interface SqlOptions {
  /**
   * Whether the statement may run twice. If so, it is retried even when the outcome of the first attempt is not known.
   * Otherwise it is retried only when it certainly did nothing: after a deadlock, or when no connection could be made.
   * @default false
   */
  readonly idempotent?: boolean | undefined;
}

/** How rows are read. */
export interface SqlQueryOptions extends SqlOptions {
  /** Returns each row as an array of values in the order of the columns; columns may then share a name. @default false */
  readonly rowsAsArray?: boolean | undefined;
}

/** How rows are streamed. */
export interface SqlStreamOptions extends SqlQueryOptions {
  /** The largest number of rows held in memory, besides those in the socket. @default 1000 */
  readonly batchSize?: number | undefined;
  /** Ends the stream: the loop throws the signal's reason, and the connection is closed. */
  readonly signal?: AbortSignal | undefined;
}

export const executeOptions = object('the options of a statement', { idempotent: flag.optional() });
const queryOptions = executeOptions.extend({ rowsAsArray: flag.optional() });

const OPTIONS: Readonly<Record<'execute' | 'query' | 'stream', z.ZodType<SqlStreamOptions>>> = {
  execute: executeOptions,
  query: queryOptions,
  stream: queryOptions.extend({ batchSize: whole(1, 1_000_000, ' of rows').optional(), signal }),
};

export interface SqlCall {
  readonly text: string;
  readonly values: readonly SqlArgument[];
  readonly options: SqlStreamOptions;
  /** The names of the values, where the placeholders have names. */
  readonly names?: readonly string[] | undefined;
  /** The positions of the values in the text of a tagged template. */
  readonly places?: readonly number[] | undefined;
}

/**
 * Reads the arguments of a call: a text, its values and options, or a tagged template.
 *
 * @throws InvalidInputError that names the position of every invalid value
 */
export function parseSqlCall(operation: string, kind: keyof typeof OPTIONS, call: readonly unknown[]): SqlCall {
  const [first, ...rest] = call;
  const path = typeof first === 'string' ? 'values' : '';
  try {
    const { raw } = (Array.isArray(first) ? first : {}) as Partial<TemplateStringsArray>;
    const strings = Array.isArray(raw) ? (first as TemplateStringsArray) : undefined;
    const text = strings === undefined ? first : templateText(strings);
    const given = strings === undefined ? (rest[0] ?? []) : rest;
    const named = !Array.isArray(given) && Object.getPrototypeOf(given) === Object.prototype;
    const issues = textIssues(text);
    if (!Array.isArray(given) && !named) {
      const expected = 'a list of values, one for each ? of the text, or an object of values by name';
      issues.push({ path: 'values', expected, received: describeValue(given) });
      throw new InvalidInputError(operation, issues);
    }
    const names = named ? Object.keys(given) : undefined;
    const values = Array.from(named ? Object.values(given) : (given as unknown[]), copied);
    for (const [index, value] of values.entries()) {
      issues.push(...argumentIssues(value, names === undefined ? `values[${index}]` : `values.${names[index]}`));
    }
    if (issues.length > 0) {
      throw new InvalidInputError(operation, issues);
    }
    const options = strings !== undefined || rest[1] == null ? {} : parse(operation, OPTIONS[kind], rest[1]);
    return {
      text: text as string,
      values: values as SqlArgument[],
      options,
      names,
      places: strings && placesOf(strings),
    };
  } catch (error) {
    throw unreadable(operation, path, error);
  }
}

/** The error of a value that throws when it is read, such as a revoked proxy: invalid input. */
export function unreadable(operation: string, path: string, error: unknown): InvalidInputError {
  return error instanceof InvalidInputError ? error : new InvalidInputError(operation, [{ ...UNREADABLE, path }]);
}

/**
 * Reads the arguments of `executeMany`: one call for each row.
 *
 * @throws InvalidInputError that names the row and position of every invalid value
 */
export function parseSqlRows(operation: string, text: unknown, rows: unknown, options: unknown): SqlCall[] {
  try {
    // without rows there is no call to check the text and the options with
    const issues = textIssues(text);
    if (issues.length > 0) {
      throw new InvalidInputError(operation, issues);
    }
    parse(operation, executeOptions, options);
    if (!Array.isArray(rows)) {
      const expected = 'a list of rows, each with the values of one statement';
      throw new InvalidInputError(operation, [{ path: 'rows', expected, received: describeValue(rows) }]);
    }
    return Array.from(rows, (row: unknown, index) => {
      try {
        return parseSqlCall(operation, 'execute', [text, row, options]);
      } catch (error) {
        throw inRow(operation, index, error);
      }
    });
  } catch (error) {
    throw unreadable(operation, 'rows', error);
  }
}

/** The error of one row's values, with the row in its paths. */
export function inRow(operation: string, row: number, error: unknown): unknown {
  if (!(error instanceof InvalidInputError)) {
    return error;
  }
  const issues = error.issues.map((issue) =>
    issue.path.startsWith('values') ? { ...issue, path: `rows[${row}].${issue.path}` } : issue,
  );
  return new InvalidInputError(operation, issues);
}

/** An escape sequence that JavaScript cannot parse leaves a piece undefined. */
function templateText(strings: TemplateStringsArray): string | undefined {
  return strings.some((piece: string | undefined) => piece === undefined) ? undefined : strings.join('?');
}

function placesOf(strings: TemplateStringsArray): number[] {
  let at = -1;
  return strings.slice(0, -1).map((piece) => {
    at += piece.length + 1;
    return at;
  });
}

/** Copies values, so that the caller may change them while the call waits for a connection. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.from(value, copied);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value);
  }
  return value instanceof Date ? new Date(value.getTime()) : value;
}

function textIssues(text: unknown): Issue[] {
  if (typeof text !== 'string' || text.trim() === '') {
    return [{ path: 'text', expected: 'the text of a statement, or a tagged template', received: describeValue(text) }];
  }
  return text.isWellFormed() && !text.includes('\0')
    ? []
    : [{ path: 'text', expected: 'text without U+0000 and half surrogate pairs', received: 'text with one of them' }];
}

/** What is wrong with one value. @param listed whether it may be a list */
export function argumentIssues(value: unknown, path: string, listed = true): Issue[] {
  if (Array.isArray(value) && listed) {
    if (value.length === 0) {
      const expected = 'a list of at least one value (leave the statement out where there is none)';
      return [{ path, expected, received: 'an empty list' }];
    }
    const items = value.flatMap((item, index) => argumentIssues(item, `${path}[${index}]`, Array.isArray(value[0])));
    return [...items, ...rowIssues(value, path)];
  }
  const expected = faultOf(value);
  return expected === undefined ? [] : [{ path, expected, received: describeSqlValue(value) }];
}

/** Every row must have as many values as the first one. */
function rowIssues(rows: readonly unknown[], path: string): Issue[] {
  const [first] = rows;
  if (!Array.isArray(first)) {
    return [];
  }
  const expected = `a row of ${first.length} values, as the first`;
  return rows.flatMap((row, index) =>
    Array.isArray(row) && row.length === first.length && !row.some(Array.isArray)
      ? []
      : [{ path: `${path}[${index}]`, expected, received: describeSqlValue(row) }],
  );
}

const EARLIEST = Date.UTC(1000, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const VALUES = 'text, a finite number, a bigint, true or false, a Date, bytes or null';

/** What was expected instead of a value; `undefined` where the value is valid. */
function faultOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return !value.isWellFormed() || value.includes('\0')
        ? 'text without U+0000 and half surrogate pairs (give bytes as a Buffer)'
        : undefined;
    case 'number':
      if (!Number.isFinite(value)) {
        return VALUES;
      }
      return Number.isInteger(value) && !Number.isSafeInteger(value)
        ? 'a number that holds all of its digits (give a bigint, or text)'
        : undefined;
    case 'bigint':
      return value < -(2n ** 63n) || value >= 2n ** 64n
        ? 'a whole number of 64 bits (give a decimal as text)'
        : undefined;
    case 'boolean':
      return undefined;
    case 'object':
      return objectFault(value);
    case 'undefined':
      return `${VALUES} (null is the value that is none)`;
    default:
      return VALUES;
  }
}

function objectFault(value: object | null): string | undefined {
  if (value === null || value instanceof Uint8Array || value instanceof SqlDecimal) {
    return undefined;
  }
  if (value instanceof Date) {
    const ms = value.getTime();
    return ms >= EARLIEST && ms <= LATEST ? undefined : 'a Date between the years 1000 and 9999';
  }
  return `${VALUES} (give JSON as text, by JSON.stringify)`;
}

/** Does not show text, since a value may be a secret. */
function describeSqlValue(value: unknown): string {
  return typeof value === 'string' ? `text of ${value.length} characters` : describeValue(value);
}
