import type { EncodedValues } from '../databases/caller-statements.ts';
import type { ResultColumn, SqlValue } from '../databases/row-sink.ts';
import type { Session, Tables } from '../executor/session.ts';

/** A row by the names of its columns. */
export type SqlRow = Record<string, SqlValue>;

/** Rows with the names of their columns, which are known where there is no row too. */
export type SqlRows<Row> = Row[] & { readonly columns: readonly string[] };

/** Makes what is handed out of the values of a row. */
export type MakeRow = (values: readonly SqlValue[]) => unknown;

/** Two columns of a result have one name, so an object would lose one of them. */
export class SameNames extends Error {
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super(`columns of the same name: ${names.join(', ')}`);
    this.names = names;
  }
}

/** What makes rows of these columns: lists, or objects. @internal */
export function rowMaker(
  columns: readonly ResultColumn[],
  asArray: boolean,
  { tables, dialect }: Pick<Session, 'tables' | 'dialect'>,
): MakeRow {
  const { encodedValues } = dialect.callerStatements;
  const decoders = columns.map((column) => decoderOf(column, tables, encodedValues));
  const decode = (values: readonly SqlValue[]): SqlValue[] =>
    values.map((value, index) => (decoders[index] as (value: SqlValue) => SqlValue)(value));
  if (asArray) {
    return decode;
  }
  const names = columns.map(({ name }) => encodedValues?.plainName(name) ?? name);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length > 0) {
    throw new SameNames(twice);
  }
  return (values) => {
    const decoded = decode(values);
    // a column may be called __proto__
    return Object.fromEntries(names.map((name, index) => [name, decoded[index]]));
  };
}

/**
 * SQLite keeps the instants and the decimals of the library's tables in a form of its own, but says which
 * column a value comes from; a server says what it is.
 */
function decoderOf(
  { table, column }: ResultColumn,
  tables: Tables,
  forms: EncodedValues | undefined,
): (value: SqlValue) => SqlValue {
  if (table === undefined && forms !== undefined) {
    return forms.read;
  }
  const known = Object.values(tables)
    .find(({ name }) => name === table)
    ?.columns.find(({ name }: { readonly name: string }) => name === column);
  return known?.kind === 'instant' || known?.kind === 'decimal'
    ? (value) => known.decode(value) as SqlValue
    : (value) => value;
}
