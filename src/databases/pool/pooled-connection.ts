import type {
  CompiledQuery,
  DatabaseConnection,
  Driver,
  QueryCompiler,
  QueryResult,
  TransactionSettings,
} from 'kysely';
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
import type { StatementObserver } from '../statement-event.ts';
import type { ConnectionPool } from './connection-pool.ts';

/** A query's result with what {@link StatementResult} adds to it. */
export interface PooledQueryResult<T> extends QueryResult<T> {
  readonly updated?: number | undefined;
}

/** Where connections are lent: a pool. */
export type ConnectionSource = Pick<ConnectionPool, 'acquire' | 'release' | 'destroy'>;

/** What is done with a connection on loan that is more than sending one statement. */
interface ConnectionQuery extends CompiledQuery {
  readonly withConnection?: (pooled: PooledConnection) => Promise<void>;
}

/** Ends a transaction in a way of its own. */
export interface TransactionEnding {
  commit(pooled: PooledConnection): Promise<void>;
  rollback(pooled: PooledConnection): Promise<void>;
}

/** A connection on loan: given back once, whoever asks first. @internal */
export class PooledConnection implements DatabaseConnection {
  readonly connection: PhysicalConnection;
  /** How the transaction that was begun on it ends, where that is not by COMMIT and ROLLBACK. */
  ending: TransactionEnding | undefined;
  readonly #pool: ConnectionSource;
  readonly #observe: StatementObserver | undefined;
  readonly #savepoints: { readonly name: string; readonly kept: string }[] = [];
  #returned = false;
  #dirty = false;

  constructor(connection: PhysicalConnection, pool: ConnectionSource, observe: StatementObserver | undefined) {
    this.connection = connection;
    this.#pool = pool;
    this.#observe = observe;
  }

  async executeQuery<R>(query: ConnectionQuery): Promise<PooledQueryResult<R>> {
    if (query.withConnection !== undefined) {
      await query.withConnection(this);
      return { rows: [] };
    }
    const result = await this.execute(query.sql, query.parameters as readonly Parameter[]);
    return {
      rows: result.rows as R[],
      numAffectedRows: BigInt(result.affected),
      insertId: result.insertId === undefined ? undefined : BigInt(result.insertId),
      updated: result.updated,
    };
  }

  /** Kysely asks for a stream; what came in one piece is handed on in one piece. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  execute(sql: string, parameters: readonly Parameter[] = []): Promise<StatementResult> {
    return this.#observed(
      sql,
      () => this.connection.execute(sql, parameters),
      (result) => result.rows.length || result.affected,
    );
  }

  read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    return this.#observed(
      sql,
      () => this.connection.read(sql, parameters, onRow),
      (rows) => rows,
    );
  }

  /** Sends a statement of a caller's own; the log is shown its text without the values that were written into it. */
  query(text: string, sql: string, parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome> {
    let rows = 0;
    const counting: RowSink = {
      columns: (columns) => sink.columns(columns),
      row: (values) => {
        rows += 1;
        return sink.row(values);
      },
      ...(sink.flow === undefined ? {} : { flow: (flow) => sink.flow?.(flow) }),
    };
    return this.#observed(
      text,
      () => this.connection.query(sql, parameters, counting),
      (answer) => rows || answer.affected,
    );
  }

  /** Loads a file in a transaction of its own, which is undone unless what came of it is accepted. */
  async load(sql: string, file: Iterable<Buffer>, accept: AcceptLoad): Promise<LoadResult | undefined> {
    await this.execute('begin');
    try {
      const result = await this.#observed(
        sql,
        () => (this.connection.load as NonNullable<PhysicalConnection['load']>)(sql, file),
        ({ records }) => records,
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

  /**
   * Says that its user may have changed the session: variables, temporary tables, locks, a transaction left
   * open. The connection is then reset before anybody else has it.
   */
  markDirty(): void {
    this.#dirty = true;
  }

  /** Gives the connection back. One that is inside a transaction is closed, which undoes that. */
  release(): void {
    if (!this.#returned) {
      if (this.isLeftOpen && this.connection.replaceable) {
        this.connection.abort();
      }
      this.#returned = true;
      this.#pool.release(this.connection, this.#dirty);
    }
  }

  /**
   * Gives the connection back after work that was done.
   *
   * @throws Error where it is inside a transaction: the database acknowledged what it has not stored
   */
  giveBack(): void {
    const leftOpen = !this.#returned && this.isLeftOpen;
    this.release();
    if (leftOpen) {
      throw transactionLeftOpen();
    }
  }

  /** Whether a transaction is open that nobody is there to end. */
  get isLeftOpen(): boolean {
    return this.connection.usable && this.connection.inTransaction === true;
  }

  /**
   * The name under which a savepoint is kept. The ORM counts them from one in each of its contexts, and a
   * server forgets a savepoint when another of its name is set.
   */
  openSavepoint(name: string): string {
    this.#savepoints.push({ name, kept: `${name}_${this.#savepoints.length + 1}` });
    return this.#savepoints.at(-1)?.kept ?? name;
  }

  closeSavepoint(name: string): string {
    const at = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    return at < 0 ? name : (this.#savepoints.splice(at)[0]?.kept ?? name);
  }

  /** Gives back a connection whose state is not known, closed, so that nobody inherits it. */
  discard(): void {
    if (this.connection.replaceable) {
      this.connection.abort();
    }
    this.markDirty();
    this.release();
  }

  async #observed<T>(sql: string, work: () => Promise<T>, rowsOf: (result: T) => number): Promise<T> {
    // a statement that comes too late would run in whatever transaction the connection serves now
    if (this.#returned) {
      throw new Error('the connection was given back');
    }
    const send = (): Promise<T> => {
      const message = () => ({ 'db.query.text': redactStatement(sql, this.connection.quoting) });
      return traced(STATEMENTS, message, work, (told, result) => Object.assign(told, { rows: rowsOf(result) }));
    };
    if (this.#observe === undefined) {
      return send();
    }
    const start = performance.now();
    try {
      const result = await send();
      this.#tell(sql, start, rowsOf(result));
      return result;
    } catch (error) {
      this.#tell(sql, start, 0, error);
      throw error;
    }
  }

  #tell(sql: string, start: number, rows: number, error?: unknown): void {
    const statement = redactStatement(sql, this.connection.quoting);
    this.#observe?.({ statement, durationMs: performance.now() - start, rows, error });
  }
}

/**
 * Kysely's driver over our pool. It differs from the stock ones where those leak: when BEGIN, COMMIT or
 * ROLLBACK fails, Kysely does not give the connection back, so it is given back here.
 */
export class PooledDriver implements Driver {
  readonly #pool: ConnectionSource;
  readonly #observe: StatementObserver | undefined;

  constructor(pool: ConnectionSource, observe?: StatementObserver) {
    this.#pool = pool;
    this.#observe = observe;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    const connection = await traced(
      ACQUIRES,
      () => ({}),
      () => this.#pool.acquire(),
    );
    return new PooledConnection(connection, this.#pool, this.#observe);
  }

  async releaseConnection(pooled: PooledConnection): Promise<void> {
    pooled.giveBack();
  }

  /** Does work on a connection of the pool. */
  async withConnection<T>(work: (pooled: PooledConnection) => Promise<T>): Promise<T> {
    const pooled = await this.acquireConnection();
    try {
      const result = await work(pooled);
      pooled.giveBack();
      return result;
    } finally {
      pooled.release();
    }
  }

  async beginTransaction(pooled: PooledConnection, settings: TransactionSettings): Promise<void> {
    try {
      for (const sql of pooled.connection.beginStatements(settings)) {
        await pooled.execute(sql);
      }
    } catch (error) {
      pooled.discard();
      throw error;
    }
  }

  async commitTransaction(pooled: PooledConnection): Promise<void> {
    // a commit that failed leaves the transaction open: the rollback that follows ends it
    await (pooled.ending?.commit(pooled) ?? pooled.execute('commit'));
    await this.#end(pooled);
  }

  async rollbackTransaction(pooled: PooledConnection): Promise<void> {
    try {
      await (pooled.ending?.rollback(pooled) ?? pooled.execute('rollback'));
      await this.#end(pooled);
    } catch (error) {
      pooled.discard();
      throw error;
    }
  }

  async savepoint(pooled: PooledConnection, name: string, _compile: QueryCompiler['compileQuery']): Promise<void> {
    await pooled.execute(`savepoint \`${pooled.openSavepoint(name)}\``);
  }

  async rollbackToSavepoint(pooled: PooledConnection, name: string): Promise<void> {
    await pooled.execute(`rollback to savepoint \`${pooled.closeSavepoint(name)}\``);
  }

  async releaseSavepoint(pooled: PooledConnection, name: string): Promise<void> {
    await pooled.execute(`release savepoint \`${pooled.closeSavepoint(name)}\``);
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }

  async #end(pooled: PooledConnection): Promise<void> {
    for (const sql of pooled.connection.afterTransaction()) {
      await pooled.execute(sql);
    }
    // a commit that opens the next transaction would have that lose what comes after
    if (pooled.isLeftOpen) {
      throw transactionLeftOpen();
    }
  }
}

function transactionLeftOpen(): Error {
  return Object.assign(new Error('the connection came back inside a transaction, and was closed'), {
    code: 'TRANSACTION_LEFT_OPEN',
  });
}

/** Whatever executes Kysely's queries: the client on a connection of the pool, a transaction on its own. */
export interface QueryExecutor {
  executeQuery(query: CompiledQuery): Promise<QueryResult<unknown>>;
}

/** A query without a statement. Kysely's own maker of queries would load Kysely before there is a connection. */
const NO_STATEMENT: CompiledQuery = {
  sql: '',
  parameters: [],
  query: { kind: 'RawNode', sqlFragments: [''], parameters: [] },
  queryId: { queryId: 'no statement' },
};

/** Does work on the connection of whatever Kysely connection or transaction is at hand. */
export async function withConnectionOf<T>(
  executor: QueryExecutor,
  work: (pooled: PooledConnection) => Promise<T>,
): Promise<T> {
  let result: { readonly value: T } | undefined;
  const query: ConnectionQuery = {
    ...NO_STATEMENT,
    withConnection: async (pooled) => {
      result = { value: await work(pooled) };
    },
  };
  await executor.executeQuery(query);
  return (result as unknown as { readonly value: T }).value;
}
