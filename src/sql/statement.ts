import type { CallerStatements } from '../databases/caller-statements.ts';
import type { Parameter } from '../databases/physical-connection.ts';
import { SqlDecimal } from '../decimal/sql-decimal.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';
import type { Session } from '../executor/session.ts';
import { describeValue } from '../schemas/describe-value.ts';
import type { SqlArgument, SqlCall, SqlInput } from '../schemas/sql-call.schema.ts';
import { EncodedColumns } from './encoded-columns.ts';
import { readText, type StatementText, withoutNames } from './statement-text.ts';

/** A statement as it is sent. */
export interface CallerStatement {
  /** The text with marks where its values are: what the log may show. */
  readonly text: string;
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /** Whether nothing can be left of it in the session. */
  readonly leavesSessionClean: boolean;
}

/**
 * Puts a call's values where they belong.
 *
 * @throws InvalidInputError where text and values do not fit, or the statement cannot be sent this way
 */
export function statementOf(
  operation: string,
  call: SqlCall,
  {
    dialect: { callerStatements: dialect },
    inTransaction,
    tables,
  }: Pick<Session, 'dialect' | 'inTransaction' | 'tables'>,
): CallerStatement {
  const { text, values, places, missing } = positional(call, dialect);
  const read = readText(text, dialect.rules);
  const issues = [
    ...missing,
    ...textIssues(read),
    ...judge(read, dialect, inTransaction),
    ...(places === undefined ? countIssues(read, values) : placeIssues(read, places)),
  ];
  if (issues.length === 0) {
    issues.push(...values.flatMap((value, index) => valueIssues(value, index, text, read, dialect)));
  }
  const forms = dialect.encodedValues;
  const encoded =
    forms === undefined || issues.length > 0 ? undefined : new EncodedColumns(text, values, tables, forms);
  issues.push(...(encoded?.issues ?? []));
  if (issues.length > 0) {
    throw new InvalidInputError(operation, issues);
  }
  const sent = encoded?.edited(text) ?? text;
  const { marks } = sent === text ? read : readText(sent, dialect.rules);
  return { ...bind(sent, marks, values, dialect), leavesSessionClean: dialect.leavesSessionClean(read.bare) };
}

/** A call by the places of its values, where it was one by their names. */
function positional(
  { text, values, names, places }: SqlCall,
  { rules }: CallerStatements,
): Pick<SqlCall, 'text' | 'values' | 'places'> & { readonly missing: Issue[] } {
  if (names === undefined) {
    return { text, values, places, missing: [] };
  }
  const plain = withoutNames(text, rules);
  const used = new Set(plain.names);
  const given = new Map(names.map((name, index) => [name, values[index] ?? null]));
  const missing = [
    ...[...used]
      .filter((name) => !given.has(name))
      .map((name) => ({ path: `values.${name}`, expected: `a value for the mark :${name}`, received: 'nothing' })),
    ...names
      .filter((name) => !used.has(name))
      .map((name) => ({ path: `values.${name}`, expected: `a mark :${name} in the text`, received: 'none' })),
    ...(readText(text, rules).marks.length > 0
      ? [{ path: 'text', expected: 'marks with names alone', received: 'a ? among them' }]
      : []),
  ];
  const byName = plain.names.map((name) => given.get(name) ?? null);
  return { text: plain.text, values: byName, places: undefined, missing };
}

function textIssues({ bare, several, unended, named, marks, unclear }: StatementText): Issue[] {
  const issues: Issue[] = [];
  const add = (expected: string, received: string): void => void issues.push({ path: 'text', expected, received });
  if (bare === '') {
    add('a statement', 'nothing but comments');
  }
  if (several) {
    add('one statement', 'several, with a ; between them');
  }
  if (unended !== undefined) {
    add('a statement with all its quotes and comments ended', `one with ${unended} not ended`);
  }
  if (named) {
    add('? for each value', 'a mark with a name or a number');
  }
  if (marks.length > 0 && unclear !== undefined) {
    add(...unclear);
  }
  return issues;
}

function judge({ bare }: StatementText, dialect: CallerStatements, inTransaction: boolean): Issue[] {
  const expected = /^call\b/.test(bare)
    ? 'no CALL: use callProcedure(), which gives all of its result sets'
    : dialect.refusal(bare, inTransaction);
  return expected === undefined ? [] : [{ path: 'text', expected, received: bare.split(' ').slice(0, 2).join(' ') }];
}

function countIssues({ marks }: StatementText, values: readonly SqlArgument[]): Issue[] {
  return marks.length === values.length
    ? []
    : [
        {
          path: 'values',
          expected: `as many values as the text has ? outside of quotes: ${marks.length}`,
          received: String(values.length),
        },
      ];
}

function placeIssues({ marks }: StatementText, places: readonly number[]): Issue[] {
  const [found, meant] = [new Set(marks), new Set(places)];
  const hidden = places.flatMap((place, index) =>
    found.has(place)
      ? []
      : [
          {
            path: `values[${index}]`,
            expected: 'a value outside of quotes and comments (it is never part of a text)',
            received: 'one inside of them',
          },
        ],
  );
  const stray = marks.some((mark) => !meant.has(mark));
  return stray
    ? [...hidden, { path: 'text', expected: 'no ? of its own in a tagged template', received: 'one' }]
    : hidden;
}

function valueIssues(
  value: SqlArgument,
  index: number,
  text: string,
  { marks }: StatementText,
  { largestInteger }: CallerStatements,
): Issue[] {
  const path = `values[${index}]`;
  const mark = marks[index] as number;
  if (isRows(value)) {
    return /\bvalues\s*$/i.test(text.slice(0, mark))
      ? []
      : [{ path, expected: 'a list of rows behind VALUES: values ?', received: describeValue(value) }];
  }
  if (isList(value) && !(/\(\s*$/.test(text.slice(0, mark)) && /^\s*\)/.test(text.slice(mark + 1)))) {
    return [{ path, expected: 'a list alone in its parentheses: in (?)', received: describeValue(value) }];
  }
  return itemsOf(value).flatMap((item, at) =>
    typeof item === 'bigint' && item > largestInteger
      ? [
          {
            path: isList(value) ? `${path}[${at}]` : path,
            expected: `a whole number of at most ${largestInteger}`,
            received: describeValue(item),
          },
        ]
      : [],
  );
}

function bind(
  text: string,
  marks: readonly number[],
  values: readonly SqlArgument[],
  dialect: CallerStatements,
): Omit<CallerStatement, 'leavesSessionClean'> {
  const encoded = values.map((value) => itemsOf(value).map((item) => encode(item, dialect)));
  const { literal } = dialect;
  const rowLengths = values.map((value) => (isRows(value) ? value[0]?.length : undefined));
  const write = (written: (items: readonly (Parameter | SqlDecimal)[]) => string): string => {
    let from = 0;
    const pieces = marks.map((mark, index) => {
      const piece =
        text.slice(from, mark) + rowsOf(encoded[index] as (Parameter | SqlDecimal)[], rowLengths[index], written);
      from = mark + 1;
      return piece;
    });
    return pieces.join('') + text.slice(from);
  };
  const shown = write((items) => items.map(() => '?').join(', '));
  return literal === undefined
    ? { text: shown, sql: shown, parameters: encoded.flat() as Parameter[] }
    : { text: shown, sql: write((items) => items.map(literal).join(', ')), parameters: [] };
}

/** Values as they are written: one after another, or row by row in parentheses. */
function rowsOf<T>(items: readonly T[], length: number | undefined, written: (items: readonly T[]) => string): string {
  if (length === undefined) {
    return written(items);
  }
  const rows = Array.from({ length: items.length / length }, (_, row) => items.slice(row * length, (row + 1) * length));
  return rows.map((row) => `(${written(row)})`).join(', ');
}

function isRows(value: SqlArgument): value is readonly (readonly SqlInput[])[] {
  return Array.isArray(value) && Array.isArray(value[0]);
}

function isList(value: SqlArgument): value is readonly SqlInput[] | readonly (readonly SqlInput[])[] {
  return Array.isArray(value);
}

function itemsOf(value: SqlArgument): readonly SqlInput[] {
  return isList(value) ? value.flat() : [value];
}

/** A value as the database takes it. */
export function encode(
  value: SqlInput,
  { encodeInstant, encodeDecimal, literal }: CallerStatements,
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
  // a number that is bound arrives as a double, and a text column would keep it as 1.0
  return literal === undefined && typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
