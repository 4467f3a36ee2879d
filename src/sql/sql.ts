import type { SqlValue } from '../databases/row-sink.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Executor } from '../executor/executor.ts';
import { type ProcedureArgument, parseProcedureCall } from '../schemas/procedure-call.schema.ts';
import {
  parseSqlCall,
  parseSqlRows,
  type SqlArgument,
  type SqlCall,
  type SqlOptions,
  type SqlQueryOptions,
  type SqlStreamOptions,
  type SqlValues,
} from '../schemas/sql-call.schema.ts';
import { callProcedure, type ProcedureResult } from './procedure.ts';
import { type SqlStream, streamRows, withBatches } from './row-stream.ts';
import { executeMany, noRows, rowMaker, type SqlRow, type SqlRows, send } from './send.ts';
import { buildStatement } from './statement.ts';

/** What a statement did. */
export interface ExecuteResult {
  /**
   * Rows inserted, changed or deleted. A server counts only those that an `update` really changed (and 2 for
   * each that an upsert did); SQLite counts those that it found.
   */
  readonly affectedRows: number;
  /** The id that an auto-increment made, the first one of several on a server, the last one on SQLite; `null` where none was. */
  readonly insertId: number | bigint | null;
  /** Warnings the server has; 0 on SQLite. */
  readonly warnings: number;
}

/**
 * The escape hatch: SQL statements of your own. Every value is a parameter, also in a tagged template. Results are
 * exact, and the same on all three databases:
 *
 * | SQL | JavaScript |
 * |---|---|
 * | whole numbers, `bigint` among them | `number`, and `bigint` beyond `Number.MAX_SAFE_INTEGER` |
 * | `decimal` | text with all of its digits, without zeros at its end |
 * | `float`, `double` | `number` |
 * | `datetime`, `timestamp` | `Date` in UTC; text where it has microseconds or is no date |
 * | `date`, `time`, `json`, `enum`, text | text |
 * | `binary`, `blob`, `bit`, `geometry` | `Buffer` |
 * | `null` | `null` |
 *
 * SQLite has only numbers, text and bytes, so the decimals and instants of the library's tables are stored there in an
 * encoded form. They are decoded where a column is selected, plainly or by `min` or `max`, and decimals by `sum` and
 * `avg`. They can be sorted, and compared with each other, with a `Date` and with {@link sql.decimal}. Any other
 * expression would give wrong results without an error, so it is refused.
 *
 * Each call sends one statement. Statements that begin or end a transaction are refused; so are `use`, `lock tables`
 * and `call`. Other changes of the session (a variable, a temporary table) last until the end of the statement, or of
 * the transaction it belongs to. `tx.sql` is the same inside a transaction.
 */
export class Sql {
  readonly #executor: Executor;

  /** @internal */
  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /**
   * Reads all rows of a statement.
   *
   * @example
   * ```ts
   * const rows = await db.sql.query<{ symbol: string; candles: number }>`
   *   select symbol, count(*) as candles from market_data where exchange = ${'okx'} group by symbol`;
   * const named = await db.sql.query('select symbol from market_data where exchange = :exchange', { exchange: 'okx' });
   * const same = await db.sql.query('select symbol from market_data where symbol in (?)', [['BTC-USDT', 'ETH-USDT']]);
   * ```
   *
   * @returns the rows, and in `columns` the names of their columns, even if there are no rows
   * @throws InvalidInputError when the text or a value cannot be sent, with its position: `values[1]`; or when two
   *   columns have the same name, which an object cannot hold
   * @throws DatabaseOperationError when the database refuses it
   */
  query<Row extends readonly SqlValue[] = SqlValue[]>(
    text: string,
    values: SqlValues | undefined,
    options: SqlQueryOptions & { readonly rowsAsArray: true },
  ): Promise<SqlRows<Row>>;
  query<Row extends object = SqlRow>(
    text: string,
    values?: SqlValues,
    options?: SqlQueryOptions & { readonly rowsAsArray?: false | undefined },
  ): Promise<SqlRows<Row>>;
  query<Row extends object = SqlRow>(text: TemplateStringsArray, ...values: SqlArgument[]): Promise<SqlRows<Row>>;
  async query(...call: unknown[]): Promise<unknown[]> {
    const { rows, names } = await this.#read('sql.query', parseSqlCall('sql.query', 'query', call));
    return Object.defineProperty(rows, 'columns', { value: names });
  }

  /**
   * Reads the first row and drops the others. Otherwise like `query`.
   *
   * @example const bot = await db.sql.first`select name, status from bots where id = ${7}`;
   * @returns `null` if there is none
   */
  first<Row extends readonly SqlValue[] = SqlValue[]>(
    text: string,
    values: SqlValues | undefined,
    options: SqlQueryOptions & { readonly rowsAsArray: true },
  ): Promise<Row | null>;
  first<Row extends object = SqlRow>(
    text: string,
    values?: SqlValues,
    options?: SqlQueryOptions & { readonly rowsAsArray?: false | undefined },
  ): Promise<Row | null>;
  first<Row extends object = SqlRow>(text: TemplateStringsArray, ...values: SqlArgument[]): Promise<Row | null>;
  async first(...call: unknown[]): Promise<unknown> {
    const { rows } = await this.#read('sql.first', parseSqlCall('sql.first', 'query', call), { maxRows: 1 });
    return rows[0] ?? null;
  }

  /**
   * Reads the only column of the first row. Otherwise like `query`.
   *
   * @example const open = await db.sql.scalar<number>`select count(*) from market_data where closed = ${false}`;
   * @returns `null` if there is no row
   * @throws InvalidInputError when the statement has more than one column
   */
  scalar<Value extends SqlValue = SqlValue>(
    text: string,
    values?: SqlValues,
    options?: SqlOptions,
  ): Promise<Value | null>;
  scalar<Value extends SqlValue = SqlValue>(
    text: TemplateStringsArray,
    ...values: SqlArgument[]
  ): Promise<Value | null>;
  async scalar(...call: unknown[]): Promise<unknown> {
    const { options, ...parsed } = parseSqlCall('sql.scalar', 'execute', call);
    const asArrays = { ...parsed, options: { ...options, rowsAsArray: true } };
    const { rows } = await this.#read('sql.scalar', asArrays, { maxRows: 1, onlyColumn: true });
    return rows.length === 0 ? null : (rows[0] as readonly SqlValue[])[0];
  }

  /**
   * Runs a statement that returns no rows: `insert`, `update`, `delete`, or DDL.
   *
   * @example const { affectedRows } = await db.sql.execute`delete from raw_trades where exchange = ${'test'}`;
   * @throws InvalidInputError when the text or a value cannot be sent; or when the statement returns rows, which would
   *   be lost: use `query`
   */
  execute(text: string, values?: SqlValues, options?: SqlOptions): Promise<ExecuteResult>;
  execute(text: TemplateStringsArray, ...values: SqlArgument[]): Promise<ExecuteResult>;
  async execute(...call: unknown[]): Promise<ExecuteResult> {
    const operation = 'sql.execute';
    const parsed = parseSqlCall(operation, 'execute', call);
    const { idempotent = false } = parsed.options;
    const sink = noRows(operation, 'It was run, and its rows were not read');
    const { affected, insertId, warnings } = await this.#executor.run(operation, { idempotent }, async (session) =>
      send(session, buildStatement(operation, parsed, session), sink),
    );
    return { affectedRows: affected, insertId, warnings };
  }

  /**
   * Runs a statement once for each row of values, all or none: an error undoes all of them.
   *
   * @example
   * ```ts
   * await db.sql.executeMany('update bots set status = ? where id = ?', [['paused', 1], ['paused', 2]]);
   * ```
   *
   * @returns the affected rows and the warnings, summed over all rows of values
   * @throws InvalidInputError that names each fault with its row: `rows[3].values[1]`
   */
  async executeMany(
    text: string,
    rows: readonly SqlValues[],
    options: SqlOptions = {},
  ): Promise<Pick<ExecuteResult, 'affectedRows' | 'warnings'>> {
    const operation = 'sql.executeMany';
    const calls = parseSqlRows(operation, text, rows, options);
    return this.#executor.run(
      operation,
      { idempotent: calls[0]?.options.idempotent === true, atomic: true },
      (session) => executeMany(operation, session, calls),
    );
  }

  /**
   * Reads rows one by one in bounded memory, however many there are. The statement's connection is held until the loop
   * ends or is left. Before the first row the statement is retried like any other; after it, an error ends the loop. In
   * a transaction no other operation may run until then.
   *
   * @example
   * ```ts
   * for await (const { symbol, close } of db.sql.stream<{ symbol: string; close: string }>(
   *   'select symbol, close from market_data where exchange = ?', ['okx'], { batchSize: 500 },
   * )) total += Number(close);
   * ```
   *
   * `stream(…).batches(500)` yields lists of 500 rows; the last one may be shorter.
   *
   * @param options.batchSize rows read ahead. @default 1000
   * @param options.signal ends the loop with its reason
   */
  stream<Row extends readonly SqlValue[] = SqlValue[]>(
    text: string,
    values: SqlValues | undefined,
    options: SqlStreamOptions & { readonly rowsAsArray: true },
  ): SqlStream<Row>;
  stream<Row extends object = SqlRow>(
    text: string,
    values?: SqlValues,
    options?: SqlStreamOptions & { readonly rowsAsArray?: false | undefined },
  ): SqlStream<Row>;
  stream(...call: unknown[]): SqlStream<never> {
    const rows = streamRows(this.#executor, 'sql.stream', parseSqlCall('sql.stream', 'stream', call));
    return withBatches(rows as AsyncGenerator<never, void, undefined>);
  }

  /**
   * Calls a stored procedure and reads all of its result sets. `{ out: 'total' }` is an output argument, and
   * `{ out: 'total', value: 1 }` one for input and output.
   *
   * @example
   * ```ts
   * const { resultSets, out } = await db.sql.callProcedure('candles_of', ['BTC-USDT', { out: 'total' }]);
   * console.log(resultSets[0]?.length, out.total);
   * ```
   *
   * @param name the procedure's name, optionally after its database's name and a point
   * @throws InvalidInputError when the name is not valid, or an argument cannot be sent
   * @throws DatabaseOperationError of kind `configuration` on SQLite, which has no procedures
   */
  async callProcedure<Row extends object = SqlRow>(
    name: string,
    args: readonly ProcedureArgument[] = [],
    options: SqlOptions = {},
  ): Promise<ProcedureResult<Row>> {
    const operation = 'sql.callProcedure';
    const { idempotent, ...call } = parseProcedureCall(operation, name, args, options);
    const result = await this.#executor.run(operation, { idempotent }, (session) =>
      callProcedure(operation, session, call),
    );
    return result as ProcedureResult<Row>;
  }

  /**
   * The names of the database's tables, sorted: the library's own, the migrations' and any other. No views.
   *
   * @example const names = await db.sql.tableNames();
   */
  tableNames(): Promise<string[]> {
    return this.#executor.run('sql.tableNames', { idempotent: true }, async ({ dialect, execute }) => {
      const { rows } = await execute(dialect.rawSql.tableNames);
      return rows.map((row) => String(row['name']));
    });
  }

  /**
   * Reads the rows of a statement; of several result sets, those of the last one.
   *
   * @param limits.maxRows rows that are kept; those after them are dropped
   * @param limits.onlyColumn whether the statement must have one column
   */
  #read(
    operation: string,
    call: SqlCall,
    { maxRows, onlyColumn = false }: { readonly maxRows?: number; readonly onlyColumn?: boolean } = {},
  ): Promise<{ readonly rows: unknown[]; readonly names: readonly string[] }> {
    const { idempotent = false, rowsAsArray = false } = call.options;
    return this.#executor.run(operation, { idempotent }, async (session) => {
      const rows: unknown[] = [];
      let result: ReturnType<typeof rowMaker> | undefined;
      await send(session, buildStatement(operation, call, session), {
        columns: (columns) => {
          rows.length = 0;
          if (onlyColumn && columns.length !== 1) {
            const expected = 'a statement of one column (use first, or query)';
            const received = `one of ${columns.length} columns; it was run`;
            throw new InvalidInputError(operation, [{ path: 'text', expected, received }], 'Its rows were not read');
          }
          result = rowMaker(operation, columns, rowsAsArray, session);
        },
        row: (values) => {
          if (maxRows === undefined || rows.length < maxRows) {
            rows.push(result?.makeRow(values));
          }
          return true;
        },
      });
      return { rows, names: result?.names ?? [] };
    });
  }
}
