import type { SqlArgument, SqlInput } from '../schemas/sql-call.schema.ts';
import type { Tokens } from './tokens.ts';

/** The kinds of values that SQLite stores in an encoded form. */
export type EncodedKind = 'decimal' | 'instant';

interface Column {
  readonly name: string;
  readonly kind: EncodedKind;
}

/** The columns of a statement, and where their faults are collected. */
export interface ColumnChecker {
  readonly tokens: Tokens;
  readonly kinds: ReadonlyMap<string, EncodedKind>;
  readonly values: readonly SqlArgument[];
  checkPlaceholder(column: Column, at: number): void;
  checkValues(column: Column, index: number, items: readonly SqlInput[]): void;
  refuse(column: Pick<Column, 'kind'>, received: string): void;
  readonly issues: { path: string; expected: string; received: string }[];
}

/** Checks the values of an insert, by the position of their columns. */
export function checkInsert(checker: ColumnChecker, tables: ReadonlySet<string>): void {
  const { tokens, issues } = checker;
  const into = tokens.all.findIndex((_, at) => tokens.text(at) === 'into');
  const table = tokens.text(into + 2) === '.' ? into + 3 : into + 1;
  if (into < 0 || !tables.has(tokens.all[table]?.text ?? '')) {
    return;
  }
  if (tokens.text(table + 1) !== '(') {
    const expected = 'the columns of the table by name: insert into … (symbol, …)';
    issues.push({ path: 'text', expected, received: 'an insert without them' });
    return;
  }
  const columns = tokens.itemsOf(table + 1);
  const names = columns.items.map(([at = -1]) => tokens.all[at]?.text ?? '');
  const rows = tokens.all[columns.end + 2];
  if (rows?.kind === 'placeholder' && tokens.text(columns.end + 1) === 'values') {
    checkRows(checker, names, columns.end + 2);
    return;
  }
  const selected = tokens.text(columns.end + 1) === 'select';
  for (let open = columns.end + (selected ? 1 : 2); selected || tokens.text(open) === '('; ) {
    const row = tokens.itemsOf(open);
    for (const [index, item] of row.items.entries()) {
      checkItem(checker, names[index] ?? '', item);
    }
    if (selected) {
      return;
    }
    open = row.end + (tokens.text(row.end + 1) === ',' ? 2 : 1);
  }
}

/** Rows that are one argument: `values ?`. */
function checkRows(checker: ColumnChecker, names: readonly string[], at: number): void {
  const index = checker.tokens.placeholdersBefore(at);
  const rows = checker.values[index];
  names.forEach((name, column) => {
    const kind = checker.kinds.get(name);
    const values = Array.isArray(rows) ? rows.map((row) => (Array.isArray(row) ? row[column] : row)) : [rows];
    if (kind !== undefined) {
      checker.checkValues({ kind, name }, index, values);
    }
  });
}

/** The value of one column. */
function checkItem(checker: ColumnChecker, name: string, item: readonly number[]): void {
  const { tokens, kinds } = checker;
  const kind = kinds.get(name);
  const [first = -1] = item;
  if (kind === undefined || item.some((at) => kinds.get(tokens.all[at]?.text ?? '') === kind)) {
    return;
  }
  if (item.length === 1 && tokens.all[first]?.kind === 'placeholder') {
    checker.checkPlaceholder({ kind, name }, first);
  } else if (item.length !== 1 || tokens.text(first) !== 'null') {
    checker.refuse({ kind }, `${name} given by what is written in the text`);
  }
}
