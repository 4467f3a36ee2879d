import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { QueryOutcome, RowSink, SqlValue } from '../row-sink.ts';
import { untilUnlocked } from './sqlite-refusals.ts';

/** What a statement puts rows into, as far as its text says so plainly. */
const INSERTED_INTO = /^\s*(?:insert|replace)\b[^(]*?\binto\s+(?:[\w$]+\.|["`[][^"`\]]+["`\]]\.)?["`[]?([\w$]+)/i;

/** Runs a statement and hands its rows to a sink, no faster than that takes them. */
export async function answerOf(
  db: DatabaseSync,
  sql: string,
  values: readonly SQLInputValue[],
  sink: RowSink,
  patienceMs: number,
): Promise<QueryOutcome> {
  const before = changesOf(db);
  const begun = await untilUnlocked(patienceMs, () => begin(db, sql, values));
  if (begun.rows === undefined) {
    const { changes, lastInsertRowid } = begun.outcome;
    const affected = changesOf(db) === before ? 0 : Number(changes);
    const insertId = affected > 0 && makesIds(db, sql) ? plain(lastInsertRowid) : null;
    return { ...state(db), affected, insertId: insertId as number | bigint | null };
  }
  const { columns, first, rows } = begun;
  sink.columns(columns.map(({ name, table, column }) => ({ name, ...(table && column ? { table, column } : {}) })));
  let left = false;
  let going: PromiseWithResolvers<void> | undefined;
  sink.flow?.({
    resume: () => going?.resolve(),
    cancel: () => {
      left = true;
      going?.resolve();
    },
  });
  for (const row of beginningWith(first, rows)) {
    if (!sink.row((row as readonly SQLOutput[]).map(plain))) {
      going = Promise.withResolvers();
      await going.promise;
    }
    if (left) {
      break;
    }
  }
  return { ...state(db), affected: changesOf(db) - before, insertId: null };
}

/** Runs a statement without rows, or one with rows up to the first: from there on it has its locks. */
function begin(db: DatabaseSync, sql: string, values: readonly SQLInputValue[]) {
  const statement = db.prepare(sql);
  assertWhole(sql, statement.sourceSQL);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const columns = statement.columns();
  if (columns.length === 0) {
    return { outcome: statement.run(...values) };
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

type SQLOutput = string | number | bigint | Uint8Array | null;

/** A whole number as a number where that holds it exactly; bytes as a `Buffer`. */
function plain(value: SQLOutput): SqlValue {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** SQLite runs the first statement of a text and says nothing of the rest. */
function assertWhole(sql: string, run: string): void {
  const rest = sql.slice(run.length).replace(/\/\*.*?(?:\*\/|$)|--[^\n]*|[\s;]/gs, '');
  if (rest !== '') {
    throw Object.assign(new Error('the text has more than one statement'), { code: 'SEVERAL_STATEMENTS' });
  }
}

/** The count of the last statement that changed rows stands until the next one; the sum tells them apart. */
function changesOf(db: DatabaseSync): number {
  const row = db.prepare('select total_changes() as changes').get() as { changes: number | bigint };
  return Number(row.changes);
}

/** The last row's id is that of an earlier table where this one is `without rowid`. */
function makesIds(db: DatabaseSync, sql: string): boolean {
  const table = INSERTED_INTO.exec(sql)?.[1];
  return (
    table !== undefined &&
    db.prepare('select 1 from pragma_table_list where name = ? collate nocase and wr = 0').get(table) !== undefined
  );
}
