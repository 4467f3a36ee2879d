import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { QueryOutcome, RowSink, SqlValue } from '../row-sink.ts';
import { untilUnlocked } from './sqlite-locks.ts';

/** Matches the table that a statement inserts into, if its text shows it plainly. */
const INSERTED_INTO = /^\s*(?:insert|replace)\b[^(]*?\binto\s+(?:[\w$]+\.|["`[][^"`\]]+["`\]]\.)?["`[]?([\w$]+)/i;

/** Runs a caller's statement and passes its rows to a sink, no faster than the sink accepts them. */
export async function runQuery(
  db: DatabaseSync,
  sql: string,
  values: readonly SQLInputValue[],
  sink: RowSink,
  lockTimeoutMs: number,
): Promise<QueryOutcome> {
  const before = changesOf(db);
  const started = await untilUnlocked(db, lockTimeoutMs, () => start(db, sql, values));
  if (started.rows === undefined) {
    const { changes, lastInsertRowid } = started.result;
    const affected = changesOf(db) === before ? 0 : Number(changes);
    const insertId = affected > 0 && makesIds(db, sql) ? plain(lastInsertRowid) : null;
    return { ...state(db), rows: 0, affected, insertId: insertId as number | bigint | null };
  }
  const { columns, first, rows } = started;
  sink.columns(columns.map(({ name, table, column }) => ({ name, ...(table && column ? { table, column } : {}) })));
  let count = 0;
  let cancelled = false;
  let resumed: PromiseWithResolvers<void> | undefined;
  sink.flow?.({
    resume: () => resumed?.resolve(),
    cancel: () => {
      cancelled = true;
      resumed?.resolve();
    },
  });
  for (const row of beginningWith(first, rows)) {
    count += 1;
    if (!sink.row((row as readonly SQLOutputValue[]).map(plain))) {
      resumed = Promise.withResolvers();
      await resumed.promise;
    }
    if (cancelled) {
      break;
    }
  }
  return { ...state(db), rows: count, affected: changesOf(db) - before, insertId: null };
}

/** Runs a statement without rows, or one with rows up to its first row. From then on it has its locks. */
function start(db: DatabaseSync, sql: string, values: readonly SQLInputValue[]) {
  const statement = db.prepare(sql);
  assertWhole(sql, statement.sourceSQL);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const columns = statement.columns();
  if (columns.length === 0) {
    return { result: statement.run(...values) };
  }
  const rows = statement.iterate(...values) as IterableIterator<unknown>;
  return { columns, first: rows.next(), rows };
}

function* beginningWith(first: IteratorResult<unknown>, rows: IterableIterator<unknown>): Iterable<unknown> {
  if (first.done !== true) {
    yield first.value;
    yield* rows;
  }
}

function state(db: DatabaseSync): Pick<QueryOutcome, 'warnings' | 'inTransaction' | 'quotingIntact'> {
  return { warnings: 0, inTransaction: db.isTransaction, quotingIntact: true };
}

/** A whole number as a `number` if that is exact; bytes as a `Buffer`. */
function plain(value: SQLOutputValue): SqlValue {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** SQLite runs the first statement of a text and silently ignores the rest. */
function assertWhole(sql: string, run: string): void {
  const rest = sql.slice(run.length).replace(/\/\*.*?(?:\*\/|$)|--[^\n]*|[\s;]/gs, '');
  if (rest !== '') {
    throw Object.assign(new Error('the text has more than one statement'), { code: 'SEVERAL_STATEMENTS' });
  }
}

/** `changes` keeps the count of an earlier statement if this one changes no row; the total shows whether it did. */
function changesOf(db: DatabaseSync): number {
  const row = db.prepare('select total_changes() as changes').get() as { changes: number | bigint };
  return Number(row.changes);
}

/** For a table `without rowid` SQLite reports the row id of an earlier insert into another table. */
function makesIds(db: DatabaseSync, sql: string): boolean {
  const table = INSERTED_INTO.exec(sql)?.[1];
  return (
    table !== undefined &&
    db.prepare('select 1 from pragma_table_list where name = ? collate nocase and wr = 0').get(table) !== undefined
  );
}
