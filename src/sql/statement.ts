import type { Parameter } from '../databases/physical-connection.ts';
import type { NormalizedSql, RawSqlDialect } from '../databases/raw-sql-dialect.ts';
import { SqlDecimal } from '../decimal/sql-decimal.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';
import type { Session } from '../executor/session.ts';
import { describeValue } from '../schemas/describe-value.ts';
import type { SqlArgument, SqlCall, SqlInput } from '../schemas/sql-call.schema.ts';
import { EncodedColumns } from './encoded-columns.ts';
import { type Fault, scan, withoutNames } from './statement-text.ts';

/** A statement as it is sent. */
export interface RawStatement {
  /** The text with a placeholder for each value: what the log may show. */
  readonly text: string;
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /** Whether it cannot change the session. */
  readonly leavesSessionClean: boolean;
}

/**
 * Puts the values of a call into its text, or beside it.
 *
 * @throws InvalidInputError where text and values do not match, or the statement cannot be sent by `db.sql`
 */
export function buildStatement(
  operation: string,
  call: SqlCall,
  { dialect: { rawSql }, inTransaction, tables }: Pick<Session, 'dialect' | 'inTransaction' | 'tables'>,
): RawStatement {
  const { encodedValues } = rawSql;
  const { text, values, places, nameIssues } =
    call.names === undefined ? { ...call, nameIssues: [] } : positional(call, call.names, rawSql);
  const parsed = parseText(text, rawSql);
  const issues = [...nameIssues, ...(inTransaction ? parsed.issuesInTransaction : parsed.issues)];
  if (places !== undefined) {
    issues.push(...templateIssues(parsed, places));
  } else if (parsed.placeholders.length !== values.length) {
    const expected = `as many values as the text has ? outside of quotes: ${parsed.placeholders.length}`;
    issues.push({ path: 'values', expected, received: String(values.length) });
  }
  if (issues.length === 0) {
    for (const [index, value] of values.entries()) {
      if (typeof value === 'bigint' || Array.isArray(value)) {
        issues.push(...valueIssues(value, index, text, parsed.placeholders, rawSql));
      }
    }
  }
  const encoded =
    encodedValues === undefined || issues.length > 0
      ? undefined
      : new EncodedColumns(text, values, tables, encodedValues);
  issues.push(...(encoded?.issues ?? []));
  if (issues.length > 0) {
    throw new InvalidInputError(operation, issues);
  }
  const sent = encoded?.edited(text) ?? text;
  const { placeholders } = sent === text ? parsed : parseText(sent, rawSql);
  const { leavesSessionClean } = parsed;
  return { ...insertValues(sent, placeholders, values, rawSql), leavesSessionClean };
}

/** The text of an SQL statement, as far as it can be understood without knowing the language. */
interface StatementText {
  /** The positions of its placeholders (`?`). */
  readonly placeholders: readonly number[];
  /** Why it cannot be sent, whatever its values are. */
  readonly issues: readonly Issue[];
  /** Why it cannot be sent in a transaction. */
  readonly issuesInTransaction: readonly Issue[];
  /** Whether it cannot change the session. */
  readonly leavesSessionClean: boolean;
}

const MOST_CACHED = 200;
const LONGEST_CACHED = 10_000;
const CACHES = new WeakMap<RawSqlDialect, Map<string, StatementText>>();

/** Parses a text. A program sends the same few texts again and again, so those parsed last are cached. */
function parseText(text: string, dialect: RawSqlDialect): StatementText {
  let cache = CACHES.get(dialect);
  if (cache === undefined) {
    cache = new Map();
    CACHES.set(dialect, cache);
  }
  let parsed = cache.get(text);
  if (parsed === undefined) {
    const { placeholders, bare, faults } = scan(text, dialect.rules);
    const issuesIf = (inTransaction: boolean): Issue[] =>
      [...faults, refusal(bare, dialect, inTransaction)].flatMap((fault) =>
        fault === undefined ? [] : [{ path: 'text', expected: fault[0], received: fault[1] }],
      );
    parsed = {
      placeholders,
      issues: issuesIf(false),
      issuesInTransaction: issuesIf(true),
      leavesSessionClean: dialect.leavesSessionClean(bare),
    };
    if (text.length <= LONGEST_CACHED) {
      cache.set(text, parsed);
    }
    if (cache.size > MOST_CACHED) {
      cache.delete(cache.keys().next().value as string);
    }
  }
  return parsed;
}

/** Why a statement is not for `db.sql`. */
function refusal(bare: NormalizedSql, dialect: RawSqlDialect, inTransaction: boolean): Fault | undefined {
  const expected = /^call\b/.test(bare)
    ? 'no CALL: use callProcedure(), which returns all of its result sets'
    : dialect.refusal(bare, inTransaction);
  return expected === undefined ? undefined : [expected, bare.split(' ').slice(0, 2).join(' ')];
}

/** A call with named placeholders, as one with `?`. */
function positional(
  { text, values }: SqlCall,
  names: readonly string[],
  dialect: RawSqlDialect,
): Pick<SqlCall, 'text' | 'values'> & { readonly places?: undefined; readonly nameIssues: Issue[] } {
  const plain = withoutNames(text, dialect.rules);
  const used = new Set(plain.names);
  const given = new Map(names.map((name, index) => [name, values[index] ?? null]));
  const missing = [...used].filter((name) => !given.has(name));
  const unused = names.filter((name) => !used.has(name));
  const nameIssues: Issue[] = [
    ...missing.map((name) => ({
      path: `values.${name}`,
      expected: `a value for the placeholder :${name}`,
      received: 'nothing',
    })),
    ...unused.map((name) => ({
      path: `values.${name}`,
      expected: `a placeholder :${name} in the text`,
      received: 'none',
    })),
  ];
  if (parseText(text, dialect).placeholders.length > 0) {
    nameIssues.push({ path: 'text', expected: 'named placeholders only', received: 'a ? among them' });
  }
  return { text: plain.text, values: plain.names.map((name) => given.get(name) ?? null), nameIssues };
}

/** In a tagged template, every value is outside of quotes and comments, and every placeholder is a value. */
function templateIssues({ placeholders }: StatementText, places: readonly number[]): Issue[] {
  const [found, meant] = [new Set(placeholders), new Set(places)];
  const expected = 'a value outside of quotes and comments (it is never part of a text)';
  const issues: Issue[] = places.flatMap((place, index) =>
    found.has(place) ? [] : [{ path: `values[${index}]`, expected, received: 'one inside them' }],
  );
  if (placeholders.some((placeholder) => !meant.has(placeholder))) {
    issues.push({ path: 'text', expected: 'no ? of its own in a tagged template', received: 'one' });
  }
  return issues;
}

function valueIssues(
  value: SqlArgument,
  index: number,
  text: string,
  placeholders: readonly number[],
  { largestInteger }: RawSqlDialect,
): Issue[] {
  const path = `values[${index}]`;
  if (Array.isArray(value)) {
    const placeholder = placeholders[index] as number;
    const before = text.slice(0, placeholder);
    if (Array.isArray(value[0]) && !/\bvalues\s*$/i.test(before)) {
      return [{ path, expected: 'a list of rows behind VALUES: values ?', received: describeValue(value) }];
    }
    if (!Array.isArray(value[0]) && !(/\(\s*$/.test(before) && /^\s*\)/.test(text.slice(placeholder + 1)))) {
      return [{ path, expected: 'a list alone in its parentheses: in (?)', received: describeValue(value) }];
    }
    return value.flat().flatMap((item: SqlInput, at) => integerIssues(item, `${path}[${at}]`, largestInteger));
  }
  return integerIssues(value as SqlInput, path, largestInteger);
}

function integerIssues(value: SqlInput, path: string, largest: bigint): Issue[] {
  return typeof value === 'bigint' && value > largest
    ? [{ path, expected: `a whole number of at most ${largest}`, received: describeValue(value) }]
    : [];
}

/** Writes the values into the text, where the database has them written, or `?` for each. */
function insertValues(
  text: string,
  placeholders: readonly number[],
  values: readonly SqlArgument[],
  dialect: RawSqlDialect,
): Omit<RawStatement, 'leavesSessionClean'> {
  const { literal } = dialect;
  const parameters: Parameter[] = [];
  const written = (value: SqlInput): string => {
    const encoded = encode(value, dialect);
    if (literal !== undefined) {
      return literal(encoded);
    }
    parameters.push(encoded as Parameter);
    return '?';
  };
  let shown = '';
  let sql = '';
  let from = 0;
  for (const [index, placeholder] of placeholders.entries()) {
    const value = values[index] as SqlArgument;
    const before = text.slice(from, placeholder);
    shown += before + (Array.isArray(value) ? listOf(value, () => '?') : '?');
    sql += before + (Array.isArray(value) ? listOf(value, written) : written(value as SqlInput));
    from = placeholder + 1;
  }
  const rest = text.slice(from);
  return { text: shown + rest, sql: sql + rest, parameters };
}

/** Values one after another, or row by row in parentheses. */
function listOf(value: readonly unknown[], written: (item: SqlInput) => string): string {
  return value
    .map((item) => (Array.isArray(item) ? `(${item.map(written).join(', ')})` : written(item as SqlInput)))
    .join(', ');
}

/** A value as the database takes it. */
export function encode(
  value: SqlInput,
  { encodeInstant, encodeDecimal, literal }: RawSqlDialect,
): Parameter | SqlDecimal {
  if (value instanceof SqlDecimal) {
    return encodeDecimal?.(value.digits) ?? value;
  }
  if (value instanceof Date) {
    return encodeInstant(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  // a bound number arrives as a double, which a text column would store as 1.0
  return literal === undefined && typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
