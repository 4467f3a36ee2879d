import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { TransactionSettings } from 'kysely';
import { addDecimals } from '../../decimal/decimal.ts';
import { embeddedStorage } from '../column-storage.ts';
import type { Fields, Parameter, PhysicalConnection, Row, StatementResult } from '../physical-connection.ts';
import type { QueryOutcome, RowSink } from '../row-sink.ts';
import { ArrayFields } from './array-fields.ts';
import { addFunctions } from './sqlite-functions.ts';
import { isUnwritable, untilUnlocked } from './sqlite-locks.ts';
import { runQuery } from './sqlite-query.ts';
import { readSession, restoreSession, type SqliteSession } from './sqlite-session.ts';
import { sqliteStatements } from './sqlite-statements.ts';

/** SQL function that counts the rows that an upsert updates: see {@link SqliteConnection}. */
export const COUNT_UPDATED = 'tradestore_count_updated';

/** SQL function that adds a canonical decimal to a stored one. SQLite itself would add doubles. */
export const ADD_DECIMALS = 'tradestore_add_decimals';

const CACHED_STATEMENTS = 100;

/**
 * Opens a file, or `:memory:`. A file that cannot be written is opened for reading.
 *
 * @param lockTimeoutMs how long each statement waits for another connection's lock
 * @param journal `wal`: readers and the writer do not wait for each other; `persist`: deleting rows needs no more
 *   disk space than the journal already has
 */
export async function openSqliteConnection(
  path: string,
  lockTimeoutMs: number,
  journal: 'wal' | 'persist' = 'wal',
): Promise<PhysicalConnection> {
  // a committed transaction survives a power failure
  const writing = `pragma journal_mode = ${journal}; pragma synchronous = full`;
  try {
    return await opened({ path, lockTimeoutMs, setUp: writing });
  } catch (error) {
    if (isUnwritable(error) && existsSync(path)) {
      return openedToRead(path, lockTimeoutMs);
    }
    throw error;
  }
}

/**
 * On a read-only disk a file in WAL mode can only be read if the index of its log exists. Otherwise it is opened as
 * immutable, which ignores the log, so only if there is no log.
 */
async function openedToRead(path: string, lockTimeoutMs: number): Promise<PhysicalConnection> {
  // `query_only` also marks the connection as read-only for `serverInfo`
  const setUp = 'select 1 from sqlite_schema; pragma query_only = on';
  try {
    return await opened({ path, lockTimeoutMs, setUp, readOnly: true });
  } catch (error) {
    if (!isUnwritable(error)) {
      throw error;
    }
    const log = logBeside(path);
    if (log !== undefined) {
      const message = `a part of what is stored is in the file's log (${log}), which cannot be read here`;
      throw Object.assign(new Error(message, { cause: error }), { code: 'LOG_UNREADABLE' });
    }
    const before = stampOf(path);
    const unchanged = (): boolean => logBeside(path) === undefined && stampOf(path) === before;
    const url = `${pathToFileURL(path).href}?immutable=1`;
    return opened({ path: url, lockTimeoutMs, setUp, readOnly: true, unchanged });
  }
}

function logBeside(path: string): string | undefined {
  return ['-wal', '-journal'].find((end) => (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0) > 0);
}

/** Changes whenever the file changes. */
function stampOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return `${ino} ${size} ${mtimeMs}`;
}

interface Opening {
  readonly path: string;
  readonly lockTimeoutMs: number;
  readonly setUp: string;
  readonly readOnly?: boolean;
  /** Whether an immutable file is still the file that was opened. */
  readonly unchanged?: () => boolean;
}

async function opened(opening: Opening): Promise<PhysicalConnection> {
  // imported on demand: Node 22 prints a warning that it is experimental, which users of a server need not see
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(opening.path, { readOnly: opening.readOnly === true });
  try {
    return await untilUnlocked(db, opening.lockTimeoutMs, () => {
      db.exec(opening.setUp);
      return new SqliteConnection(db, opening);
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Node's own SQLite. The `changes` of an upsert count inserts and updates alike, so upserts pass one assigned value
 * through a function of ours, which SQLite calls once for each updated row.
 */
class SqliteConnection implements PhysicalConnection {
  readonly replaceable: boolean;
  readonly quoting = sqliteStatements.rules;
  readonly afterTransaction: readonly string[];
  readonly #db: DatabaseSync;
  readonly #lockTimeoutMs: number;
  readonly #readOnly: boolean;
  readonly #unchanged: () => boolean;
  readonly #statements = new Map<string, StatementSync>();
  readonly #session: SqliteSession;
  #updated = 0;
  #open = true;

  constructor(db: DatabaseSync, { path, lockTimeoutMs, readOnly = false, unchanged = () => true }: Opening) {
    this.replaceable = path !== ':memory:';
    this.#db = db;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#readOnly = readOnly;
    this.afterTransaction = readOnly ? [] : ['pragma query_only = off'];
    this.#unchanged = unchanged;
    this.#session = readSession(db);
    addFunctions(db);
    this.#db.function(COUNT_UPDATED, (value) => {
      this.#updated += 1;
      return value;
    });
    this.#db.function(ADD_DECIMALS, { deterministic: true }, addToStored);
  }

  get usable(): boolean {
    return this.#open && this.#unchanged();
  }

  execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult> {
    return untilUnlocked(this.#db, this.#lockTimeoutMs, () => this.#execute(sql, parameters));
  }

  #execute(sql: string, parameters: readonly Parameter[]): StatementResult {
    // some errors, for example a full disk, have rolled the transaction back already
    if (sql === 'rollback' && !this.#db.isTransaction) {
      return { rows: [], affected: 0 };
    }
    this.#updated = 0;
    const statement = this.#prepare(sql);
    const values = parameters.map(toInputValue);
    // a statement without columns has no rows
    if (statement.columns().length > 0) {
      const rows = statement.all(...values) as Row[];
      return { rows: rows.map(plainRow), affected: rows.length };
    }
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], affected: Number(changes), insertId: lastInsertRowid, updated: this.#updated };
  }

  // the lock is taken before the first row, so no row is read twice
  read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    return untilUnlocked(this.#db, this.#lockTimeoutMs, () => this.#read(sql, parameters, onRow));
  }

  #read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): number {
    const statement = this.#prepare(sql, 'arrays');
    const fields = new ArrayFields();
    let rows = 0;
    for (const row of statement.iterate(...parameters.map(toInputValue)) as Iterable<unknown>) {
      fields.open(row as readonly unknown[]);
      onRow(fields);
      rows += 1;
    }
    return rows;
  }

  query(sql: string, parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome> {
    return runQuery(this.#db, sql, parameters.map(toInputValue), sink, this.#lockTimeoutMs);
  }

  /** A write transaction takes its lock at the beginning, when waiting for it is still possible. */
  beginStatements({ accessMode }: TransactionSettings): readonly string[] {
    if (this.#readOnly) {
      return ['begin'];
    }
    return accessMode === 'read only' ? ['begin', 'pragma query_only = on'] : ['begin immediate'];
  }

  async reset(): Promise<void> {
    try {
      // a statement that was not read to its end would keep its transaction open
      this.#statements.clear();
      restoreSession(this.#db, this.#session);
    } catch (error) {
      if (this.replaceable) {
        this.abort();
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.abort();
  }

  abort(): void {
    if (this.#open) {
      this.#open = false;
      this.#statements.clear();
      this.#db.close();
    }
  }

  #prepare(sql: string, rows: 'objects' | 'arrays' = 'objects'): StatementSync {
    const key = rows === 'arrays' ? `arrays ${sql}` : sql;
    const known = this.#statements.get(key);
    if (known !== undefined) {
      return known;
    }
    const statement = this.#db.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(rows === 'arrays');
    // long statements usually contain their values and are executed once: not worth caching
    if (sql.length < 10_000) {
      if (this.#statements.size >= CACHED_STATEMENTS) {
        this.#statements.delete(this.#statements.keys().next().value as string);
      }
      this.#statements.set(key, statement);
    }
    return statement;
  }
}

function addToStored(stored: SQLOutputValue, added: SQLOutputValue): string {
  const sum = addDecimals(embeddedStorage.decimal.decode(String(stored)), String(added));
  if (sum === undefined) {
    throw Object.assign(new RangeError('the sum is out of the range of its column'), { code: 'DECIMAL_OUT_OF_RANGE' });
  }
  return embeddedStorage.decimal.encode(sum);
}

function toInputValue(value: Parameter): SQLInputValue {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Integers are read as `bigint`, so that none is refused; safe ones become a `number`. */
function plainRow(row: Row): Row {
  const plain: Row = {};
  for (const [column, value] of Object.entries(row)) {
    plain[column] = typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return plain;
}
