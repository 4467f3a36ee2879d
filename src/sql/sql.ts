import type { SqlValue } from '../databases/row-sink.ts';
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
import { type SqlStream, withBatches } from './batches.ts';
import { executeMany } from './execute-many.ts';
import { callProcedure, type ProcedureResult } from './procedure.ts';
import { type ResultOptions, ResultRows, type SqlRow, type SqlRows } from './result-rows.ts';
import { streamRows } from './row-stream.ts';
import { noRows, send } from './send.ts';
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
 * The escape hatch: statements of one's own. Every value is a parameter, also in a tagged template. What
 * comes back is exact and the same on all three databases:
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
 * SQLite has numbers, text and bytes alone, and keeps the decimals and instants of the library's tables in a form of
 * its own. They come as above where they are selected as they are, by `min` or `max`, and decimals by `sum` and
 * `avg`; these are compared with each other, a `Date` and {@link sql.decimal}, and sorted. Anything else that is done
 * with them would be silently wrong there and is refused by name.
 *
 * A statement is one statement. What begins or ends a transaction is refused; so are `use`, `lock tables` and
 * `call`. What else it changes of the session (a variable, a temporary table) lasts no longer than the
 * statement, or the transaction it is sent in. `tx.sql` of a transaction is the same within that transaction.
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
   * @returns the rows; none for a statement that has none. Its `columns` are their names, where there is no row too
   * @throws InvalidInputError when the text or a value cannot be sent, by its position: `values[1]`; or when two
   *   columns have one name, which an object cannot hold
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
   * Reads the first row; the rest is not kept. Otherwise as `query`.
   *
   * @example const bot = await db.sql.first`select name, status from bots where id = ${7}`;
   * @returns `null` where there is none
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
   * Reads the one column of the first row. Otherwise as `query`.
   *
   * @example const open = await db.sql.scalar<number>`select count(*) from market_data where closed = ${false}`;
   * @returns `null` where there is no row
   * @throws InvalidInputError when the statement has more columns than one
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
    const { rows } = await this.#read('sql.scalar', asArrays, { maxRows: 1, columns: 1 });
    return rows.length === 0 ? null : (rows[0] as readonly SqlValue[])[0];
  }

  /**
   * Runs a statement that has no rows: `insert`, `update`, `delete`, or DDL.
   *
   * @example const { affectedRows } = await db.sql.execute`delete from raw_trades where exchange = ${'test'}`;
   * @throws InvalidInputError when the text or a value cannot be sent; or when the statement has rows, which would
   *   be lost: they are read by `query`
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
   * Runs a statement once for each row of values, all of them or none: what one of them did wrong undoes the rest.
   *
   * @example
   * ```ts
   * await db.sql.executeMany('update bots set status = ? where id = ?', [['paused', 1], ['paused', 2]]);
   * ```
   *
   * @returns rows that were changed, and warnings, of all of them together
   * @throws InvalidInputError that names each fault by its row: `rows[3].values[1]`
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
   * Reads rows one by one and holds few of them at a time, however many there are. The statement's connection
   * is held until the loop has ended or is left. Before the first row it is repeated like any other; afterwards
   * a failure ends the loop. In a transaction nothing else can be done until then.
   *
   * @example
   * ```ts
   * for await (const { symbol, close } of db.sql.stream<{ symbol: string; close: string }>(
   *   'select symbol, close from market_data where exchange = ?', ['okx'], { batchSize: 500 },
   * )) total += Number(close);
   * ```
   *
   * `stream(…).batches(500)` gives lists of so many rows, and a shorter one at the end.
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
   * Calls a stored procedure and reads all of its result sets. An argument of the form `{ out: 'total' }`
   * takes a value out, and `{ out: 'total', value: 1 }` in and out.
   *
   * @example
   * ```ts
   * const { resultSets, out } = await db.sql.callProcedure('candles_of', ['BTC-USDT', { out: 'total' }]);
   * console.log(resultSets[0]?.length, out.total);
   * ```
   *
   * @param name its name, or its database's and its name with a point between them
   * @throws InvalidInputError when the name is none, or an argument cannot be sent
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
      const { rows } = await execute(dialect.callerStatements.tableNames);
      return rows.map((row) => String(row['name']));
    });
  }

  #read(
    operation: string,
    call: SqlCall,
    limits: Pick<ResultOptions, 'maxRows' | 'columns'> = {},
  ): Promise<ResultRows> {
    const { idempotent = false, rowsAsArray: asArray = false } = call.options;
    return this.#executor.run(operation, { idempotent }, async (session) => {
      const rows = new ResultRows(session, { operation, asArray, ...limits });
      await send(session, buildStatement(operation, call, session), rows);
      return rows;
    });
  }
}
