import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { redactStatement } from '../../errors/redact.ts';
import { ACQUIRES, STATEMENTS, traced } from '../../telemetry/channels.ts';
import type {
  AcceptLoad,
  Fields,
  LoadResult,
  Parameter,
  PhysicalConnection,
  StatementResult,
} from '../physical-connection.ts';
import type { QueryOutcome, RowSink } from '../row-sink.ts';
import type { ConnectionSource } from './connection-source.ts';

/** One executed statement without its values, for the log. */
export interface StatementEvent {
  /** The shape of the statement: `?` for each value, and of many rows one row with their number. */
  readonly statement: string;
  readonly durationMs: number;
  /** Rows read, or rows written. */
  readonly rows: number;
  readonly error?: unknown;
}

/** Receives every statement that is sent, including those of the ORM. */
export type StatementObserver = (event: StatementEvent) => void;

/** How a transaction ends if not by COMMIT and ROLLBACK. */
export interface TransactionEnding {
  commit(pooled: PooledConnection): Promise<void>;
  rollback(pooled: PooledConnection): Promise<void>;
}

/** A connection on loan. It is returned once; later statements on it are refused. @internal */
export class PooledConnection implements DatabaseConnection {
  readonly connection: PhysicalConnection;
  /** How the open transaction ends, if not by COMMIT and ROLLBACK. */
  ending: TransactionEnding | undefined;
  readonly #source: ConnectionSource;
  readonly #observe: StatementObserver | undefined;
  readonly #savepoints: { readonly name: string; readonly unique: string }[] = [];
  #returned = false;
  #dirty = false;

  private constructor(
    connection: PhysicalConnection,
    source: ConnectionSource,
    observe: StatementObserver | undefined,
  ) {
    this.connection = connection;
    this.#source = source;
    this.#observe = observe;
  }

  static async acquire(source: ConnectionSource, observe?: StatementObserver): Promise<PooledConnection> {
    const connection = await traced(
      ACQUIRES,
      () => ({}),
      () => source.acquire(),
    );
    return new PooledConnection(connection, source, observe);
  }

  /** Executes a statement of the library or the ORM; rows come as objects. */
  execute(sql: string, parameters: readonly Parameter[] = []): Promise<StatementResult> {
    return this.#observed(
      sql,
      () => this.connection.execute(sql, parameters),
      (result) => result.rows.length || result.affected,
    );
  }

  /** Reads rows field by field, without an object for each. Returns how many there were. */
  read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    return this.#observed(
      sql,
      () => this.connection.read(sql, parameters, onRow),
      (rows) => rows,
    );
  }

  /**
   * Sends a caller's own statement; its rows go to a sink.
   *
   * @param text the statement for the log, without the values that `sql` contains
   */
  query(text: string, sql: string, parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome> {
    return this.#observed(
      text,
      () => this.connection.query(sql, parameters, sink),
      (outcome) => outcome.rows || outcome.affected,
    );
  }

  /** Loads a file in a transaction of its own, which is rolled back unless `accept` agrees with the result. */
  async load(sql: string, file: Iterable<Buffer>, accept: AcceptLoad): Promise<LoadResult | undefined> {
    await this.execute('begin');
    try {
      const result = await this.#observed(
        sql,
        () => (this.connection.load as NonNullable<PhysicalConnection['load']>)(sql, file),
        (loaded) => loaded.records,
      );
      const accepted = await accept(result, async () => {
        const { rows } = await this.execute('show warnings');
        return rows.map((row) => Number(row['Code']));
      });
      await this.execute(accepted ? 'commit' : 'rollback');
      return accepted ? result : undefined;
    } catch (error) {
      await this.execute('rollback').catch(() => this.discard());
      throw error;
    }
  }

  /** Kysely's way to send a query. */
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R> & Pick<StatementResult, 'updated'>> {
    if (query === CONNECTION_QUERY) {
      return { rows: [this as unknown as R] };
    }
    const result = await this.execute(query.sql, query.parameters as readonly Parameter[]);
    return {
      rows: result.rows as R[],
      numAffectedRows: BigInt(result.affected),
      insertId: result.insertId === undefined ? undefined : BigInt(result.insertId),
      updated: result.updated,
    };
  }

  /** Kysely's way to stream. The ORM does not use it, so the rows come in one piece. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  /**
   * Marks the session as possibly changed: variables, temporary tables, locks, an open transaction. The connection
   * is then reset before it is lent again.
   */
  markDirty(): void {
    this.#dirty = true;
  }

  /** Returns the connection. With an open transaction it is closed, which rolls that back. */
  release(): void {
    if (!this.#returned) {
      if (this.connection.inTransaction === true && this.connection.replaceable) {
        this.connection.abort();
      }
      this.#returned = true;
      this.#source.release(this.connection, this.#dirty);
    }
  }

  /** Returns a connection in an unknown state. It is closed, so that nobody inherits that state. */
  discard(): void {
    if (this.connection.replaceable) {
      this.connection.abort();
    }
    this.markDirty();
    this.release();
  }

  /**
   * Call it after work that succeeded, before the connection is returned.
   *
   * @throws Error in an open transaction: the database acknowledged changes that it has not stored
   */
  assertNoTransaction(): void {
    const { usable, inTransaction } = this.connection;
    if (!this.#returned && usable && inTransaction === true) {
      throw Object.assign(new Error('the connection was returned inside a transaction, and was closed'), {
        code: 'TRANSACTION_LEFT_OPEN',
      });
    }
  }

  /**
   * Makes the name of a savepoint unique. The ORM counts savepoints from one in each of its contexts, and a server
   * forgets a savepoint when another one of its name is set.
   */
  openSavepoint(name: string): string {
    const unique = `${name}_${this.#savepoints.length + 1}`;
    this.#savepoints.push({ name, unique });
    return unique;
  }

  closeSavepoint(name: string): string {
    const at = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    return at < 0 ? name : (this.#savepoints.splice(at)[0]?.unique ?? name);
  }

  #observed<T>(sql: string, work: () => Promise<T>, rowsOf: (result: T) => number): Promise<T> {
    // a late statement would run in whatever transaction the connection serves now
    if (this.#returned) {
      return Promise.reject(new Error('the connection was already returned to the pool'));
    }
    return this.#observe === undefined && !STATEMENTS.hasSubscribers ? work() : this.#report(sql, work, rowsOf);
  }

  /** Runs a statement and reports it to the log and to the subscribers of its channel. */
  async #report<T>(sql: string, work: () => Promise<T>, rowsOf: (result: T) => number): Promise<T> {
    const statement = redactStatement(sql, this.connection.quoting);
    const start = performance.now();
    const observe = (rows: number, error?: unknown): void =>
      this.#observe?.({ statement, durationMs: performance.now() - start, rows, error });
    try {
      const message = { 'db.query.text': statement };
      const ended = (trace: object, result: T): object => Object.assign(trace, { rows: rowsOf(result) });
      const result = await traced(STATEMENTS, () => message, work, ended);
      observe(rowsOf(result));
      return result;
    } catch (error) {
      observe(0, error);
      throw error;
    }
  }
}

/** Sends nothing; its one row is the connection. Kysely's own `CompiledQuery.raw` would load Kysely at import. */
const CONNECTION_QUERY: CompiledQuery = {
  sql: '',
  parameters: [],
  query: { kind: 'RawNode', sqlFragments: [''], parameters: [] },
  queryId: { queryId: 'connection' },
};

/** The connection of a transaction of Kysely, which gives it to nothing but a query. */
export async function connectionOf(transaction: {
  executeQuery(query: CompiledQuery): Promise<QueryResult<unknown>>;
}): Promise<PooledConnection> {
  const { rows } = await transaction.executeQuery(CONNECTION_QUERY);
  return rows[0] as PooledConnection;
}
