import { z } from 'zod';
import { SqlDecimal } from '../decimal/sql-decimal.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';
import { describeValue } from './describe-value.ts';
import { accepted, check, UNREADABLE } from './parse.ts';
import { flag, objectError } from './primitives.ts';

/**
 * A value that a statement is given. A `Date` is an instant, sent in UTC; a decimal is exact as text, and as
 * `sql.decimal('0.1')` compares with the tables' decimals on each database; a `Uint8Array` (a `Buffer` is one) is bytes. JSON is given as text, by `JSON.stringify`.
 */
export type SqlInput = string | number | bigint | boolean | Date | SqlDecimal | Uint8Array | null;

/**
 * A value; a list of them that stands for its values: `in (${symbols})`; or rows of the same length behind
 * `values`: `insert into notes (k, v) values ${rows}`.
 */
export type SqlArgument = SqlInput | readonly SqlInput[] | readonly (readonly SqlInput[])[];

/** The values of a statement: one for each `?`, or by the names of its marks: `:symbol`. */
export type SqlValues = readonly SqlArgument[] | Readonly<Record<string, SqlArgument>>;

/** How a statement is treated. */
export interface SqlOptions {
  /**
   * Whether it may be done twice: then it is repeated even when its first outcome is not known. Otherwise it
   * is repeated only when it certainly did nothing: a deadlock's victim, a server that takes no connection.
   * @default false
   */
  readonly idempotent?: boolean | undefined;
}

/** How rows are read. */
export interface SqlQueryOptions extends SqlOptions {
  /** Each row as a list of its values in the order of the columns, which may then have the same names. @default false */
  readonly rowsAsArray?: boolean | undefined;
}

/** How rows are streamed. */
export interface SqlStreamOptions extends SqlQueryOptions {
  /** Rows held at most, besides those the socket has under way. @default 1000 */
  readonly batchSize?: number | undefined;
  /** Ends the stream: its loop throws the signal's reason, and the connection is closed. */
  readonly signal?: AbortSignal | undefined;
}

const options = { idempotent: flag.optional() };
const queryOptions = { ...options, rowsAsArray: flag.optional() };
const error = objectError('the options of a statement');

/** Checks {@link SqlOptions}. */
export const executeOptions = z.strictObject(options, { error });

const OPTIONS: Readonly<Record<'execute' | 'query' | 'stream', z.ZodType<SqlStreamOptions>>> = {
  execute: executeOptions,
  query: z.strictObject(queryOptions, { error }),
  stream: z.strictObject(
    {
      ...queryOptions,
      batchSize: z
        .int({ error: 'a whole number of rows' })
        .min(1, { error: 'at least 1' })
        .max(1_000_000, { error: 'at most 1000000' })
        .optional(),
      signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
    },
    { error },
  ),
};

/** A call of `db.sql`, checked. */
export interface SqlCall {
  readonly text: string;
  readonly values: readonly SqlArgument[];
  readonly options: SqlStreamOptions;
  /** The names of its values, where its marks have names. */
  readonly names?: readonly string[] | undefined;
  /** Where its values stand, where it is a tagged template. */
  readonly places?: readonly number[] | undefined;
}

/**
 * Reads the arguments of a call: a text, its values and options, or a tagged template.
 *
 * @throws InvalidInputError that names every faulty value by its position
 */
export function parseSqlCall(operation: string, kind: keyof typeof OPTIONS, given: readonly unknown[]): SqlCall {
  return readable(operation, typeof given[0] === 'string' ? 'values' : '', () => readCall(operation, kind, given));
}

/** What throws when it is read, as a proxy may, is refused as any other bad input. */
function readable<T>(operation: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidInputError ? error : new InvalidInputError(operation, [{ ...UNREADABLE, path }]);
  }
}

function readCall(operation: string, kind: keyof typeof OPTIONS, [first, ...rest]: readonly unknown[]): SqlCall {
  const tagged = isTemplate(first);
  const text = tagged ? templateText(first) : first;
  const issues: Issue[] = textIssues(text);
  const given = tagged ? rest : (rest[0] ?? []);
  const names = isPlain(given) ? Object.keys(given) : undefined;
  if (!Array.isArray(given) && names === undefined) {
    const received = describeValue(given);
    throw new InvalidInputError(operation, [
      ...issues,
      {
        path: 'values',
        expected: 'a list of values, one for each ? of the text, or an object of values by name',
        received,
      },
    ]);
  }
  const values = Array.from(names === undefined ? (given as unknown[]) : Object.values(given as object), copied);
  issues.push(
    ...values.flatMap((value, index) =>
      argumentIssues(value, `values${names === undefined ? `[${index}]` : `.${names[index]}`}`),
    ),
  );
  if (issues.length > 0) {
    throw new InvalidInputError(operation, issues);
  }
  const more = tagged || rest[1] === undefined ? {} : accepted(operation, check(OPTIONS[kind], rest[1] ?? {}));
  return {
    text: text as string,
    values: values as SqlArgument[],
    options: more,
    names,
    places: tagged ? placesOf(first) : undefined,
  };
}

/**
 * Reads the arguments of `executeMany`: one call for each row.
 *
 * @throws InvalidInputError that names every faulty value by its row and position
 */
export function parseSqlRows(operation: string, text: unknown, rows: unknown, options: unknown): SqlCall[] {
  return readable(operation, 'rows', () => readRows(operation, text, rows, options));
}

function readRows(operation: string, text: unknown, rows: unknown, options: unknown): SqlCall[] {
  // without rows there is no call to check the text and the options with
  const issues = textIssues(text);
  if (issues.length > 0) {
    throw new InvalidInputError(operation, issues);
  }
  accepted(operation, check(executeOptions, options));
  if (!Array.isArray(rows)) {
    const expected = 'a list of rows, each with the values of one statement';
    throw new InvalidInputError(operation, [{ path: 'rows', expected, received: describeValue(rows) }]);
  }
  return Array.from(rows, (row: unknown, index) => {
    try {
      return parseSqlCall(operation, 'execute', [text, row, options]);
    } catch (error) {
      const issues = error instanceof InvalidInputError ? error.issues : [];
      throw new InvalidInputError(
        operation,
        issues.map((issue) =>
          issue.path.startsWith('values') ? { ...issue, path: `rows[${index}].${issue.path}` } : issue,
        ),
      );
    }
  });
}

/** The faults of one value. */
export function sqlValueIssues(value: unknown, path: string): Issue[] {
  return argumentIssues(value, path, false);
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && Array.isArray((value as { readonly raw?: unknown }).raw);
}

/** A backslash that JavaScript cannot read leaves a piece undefined. */
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

/** What the caller changes afterwards, while the call waits for a connection, is not sent. */
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

function argumentIssues(value: unknown, path: string, listed = true): Issue[] {
  if (Array.isArray(value) && listed) {
    return value.length === 0
      ? [
          {
            path,
            expected: 'a list of at least one value (leave the statement out where there is none)',
            received: 'an empty list',
          },
        ]
      : [
          ...value.flatMap((item, index) => argumentIssues(item, `${path}[${index}]`, Array.isArray(value[0]))),
          ...rowIssues(value, path),
        ];
  }
  const expected = faultOf(value);
  return expected === undefined ? [] : [{ path, expected, received: describeSqlValue(value) }];
}

/** True for an object as a literal makes it. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Rows have as many values as the first of them. */
function rowIssues(rows: readonly unknown[], path: string): Issue[] {
  const [first] = rows;
  return rows.flatMap((row, index) =>
    Array.isArray(first) && (!Array.isArray(row) || row.length !== first.length || row.some(Array.isArray))
      ? [
          {
            path: `${path}[${index}]`,
            expected: `a row of ${first.length} values, as the first`,
            received: describeSqlValue(row),
          },
        ]
      : [],
  );
}

const EARLIEST = Date.UTC(1000, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const VALUES = 'text, a finite number, a bigint, true or false, a Date, bytes or null';

/** What a value was expected to be, if it is not. */
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

/** Texts are not shown: a value may be a secret. */
function describeSqlValue(value: unknown): string {
  return typeof value === 'string' ? `text of ${value.length} characters` : describeValue(value);
}
