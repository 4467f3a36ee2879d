import type { EncodedValues } from '../databases/raw-sql-dialect.ts';
import type { ResultColumn, RowSink, SqlValue } from '../databases/row-sink.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Session, Tables } from '../executor/session.ts';

/** A row by the names of its columns. */
export type SqlRow = Record<string, SqlValue>;

/** Rows, and the names of their columns, which are known even where there are no rows. */
export type SqlRows<Row> = Row[] & { readonly columns: readonly string[] };

/** Makes a row, as the caller gets it, of its values. */
export type RowMaker = (values: readonly SqlValue[]) => unknown;

/** How the rows of a result are read. @internal */
export interface ResultOptions {
  readonly operation: string;
  /** Each row as a list of its values, otherwise as an object. */
  readonly asArray: boolean;
  /** Rows that are kept; those after them are dropped. */
  readonly maxRows?: number;
  /** The number of columns that the statement must have. */
  readonly columns?: number;
}

/** Collects the rows of a statement; of several result sets, those of the last one. @internal */
export class ResultRows implements RowSink {
  readonly rows: unknown[] = [];
  names: readonly string[] = [];
  readonly #session: Session;
  readonly #options: ResultOptions;
  #makeRow: RowMaker = (values) => values;

  constructor(session: Session, options: ResultOptions) {
    this.#session = session;
    this.#options = options;
  }

  columns(columns: readonly ResultColumn[]): void {
    const { operation, asArray, columns: wanted } = this.#options;
    this.rows.length = 0;
    this.names = namesOf(columns, this.#session);
    if (wanted !== undefined && columns.length !== wanted) {
      const expected = 'a statement of one column (use first, or query)';
      const received = `one of ${columns.length} columns; it was run`;
      throw new InvalidInputError(operation, [{ path: 'text', expected, received }], 'Its rows were not read');
    }
    this.#makeRow = rowMaker(operation, columns, asArray, this.#session);
  }

  row(values: readonly SqlValue[]): boolean {
    const { maxRows } = this.#options;
    if (maxRows === undefined || this.rows.length < maxRows) {
      this.rows.push(this.#makeRow(values));
    }
    return true;
  }
}

/**
 * The function that makes rows of these columns: lists, or objects.
 *
 * @throws InvalidInputError when two columns have the same name, since an object would lose one of them
 * @internal
 */
export function rowMaker(
  operation: string,
  columns: readonly ResultColumn[],
  asArray: boolean,
  session: Pick<Session, 'tables' | 'dialect'>,
): RowMaker {
  const { encodedValues } = session.dialect.rawSql;
  const decoders = encodedValues && columns.map((column) => decoderOf(column, session.tables, encodedValues));
  const decode = (value: SqlValue, index: number): SqlValue => {
    const decoder = decoders?.[index];
    return decoder === undefined ? value : decoder(value);
  };
  if (asArray) {
    return (values) => values.map(decode);
  }
  const names = namesOf(columns, session);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length > 0) {
    const expected = 'columns with names of their own (give each an alias, or set rowsAsArray)';
    const received = `several called ${twice.join(', ')}; the statement was run`;
    throw new InvalidInputError(operation, [{ path: 'text', expected, received }], 'Its rows were not read');
  }
  // not by assignment: a column may be called __proto__
  return (values) => Object.fromEntries(names.map((name, index) => [name, decode(values[index] as SqlValue, index)]));
}

function namesOf(columns: readonly ResultColumn[], { dialect }: Pick<Session, 'dialect'>): string[] {
  const { encodedValues } = dialect.rawSql;
  return columns.map(({ name }) => encodedValues?.plainName(name) ?? name);
}

/**
 * Where the database stores instants and decimals in a form of its own, the column that a value comes from tells how
 * to decode it.
 */
function decoderOf(
  { table, column }: ResultColumn,
  tables: Tables,
  encodedValues: EncodedValues,
): (value: SqlValue) => SqlValue {
  if (table === undefined) {
    return encodedValues.read;
  }
  const known = Object.values(tables)
    .find(({ name }) => name === table)
    ?.columns.find(({ name }: { readonly name: string }) => name === column);
  return known?.kind === 'instant' || known?.kind === 'decimal'
    ? (value) => known.decode(value) as SqlValue
    : (value) => value;
}
