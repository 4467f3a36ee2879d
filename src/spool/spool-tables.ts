import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PhysicalConnection, Row } from '../databases/physical-connection.ts';
import { openSqliteConnection } from '../databases/sqlite/sqlite-connection.ts';
import type { SpoolTotals } from '../streams/row-spool.ts';
import type { BatchKind, SpoolKind } from '../streams/writer-target.ts';
import type { Piece, RefusedRow, SpooledBatch } from './spooled-batch.ts';

/** The version of the file's format. */
export const FORMAT = 2;
const PATIENCE_MS = 2_000;
const FILE = 'spool.db';
const DAMAGED = 'its text in the spool is damaged: it is no JSON array any more';
/** A delete changes some twenty pages of 4 KiB. */
const JOURNAL_BYTES = 256 * 1024;

/**
 * What a spool's file says about itself: the database of its rows, the process that used it last, and the session of
 * that process, which is another one each time the file is opened for writing.
 */
type Note = 'database' | 'holder' | 'session';

/** Whether a directory has a spool. */
export function hasSpool(directory: string): boolean {
  return existsSync(join(directory, FILE));
}

/** Opens a spool's file, and makes it if there is none. */
export function openSpoolFile(directory: string): Promise<PhysicalConnection> {
  return openSqliteConnection(join(directory, FILE), PATIENCE_MS, 'persist');
}

/** Does work in one transaction: all of it or, if it throws, nothing. */
export async function inTransaction<T>(file: PhysicalConnection, work: () => Promise<T>): Promise<T> {
  await file.execute('begin immediate', []);
  try {
    const value = await work();
    await file.execute('commit', []);
    return value;
  } catch (error) {
    await file.execute('rollback', []).catch(() => undefined);
    throw error;
  }
}

/**
 * Makes the journal as large as deleting a batch needs it. If the disk were full by then, there would be no room for
 * it, and drained batches could not be deleted.
 */
export async function reserveJournal(file: PhysicalConnection): Promise<void> {
  // different bytes each time: pages that stay the same are not written
  const blob = `randomblob(${JOURNAL_BYTES})`;
  await file.execute(`insert into about values ('journal', ${blob}) on conflict do nothing`, []);
  // overwritten in place: the journal gets a copy of each page of it, and is never truncated
  await file.execute(`update about set value = ${blob} where name = 'journal'`, []);
}

/**
 * Makes the tables. They are a queue and not the tables of the entities: those have one row per key, so that of two
 * versions of a candle only one would be left, without the order in which they came.
 */
export function makeTables(file: PhysicalConnection): Promise<void> {
  const statements = [
    'create table if not exists about (name text primary key, value blob not null)',
    'create table if not exists batches (sequence integer primary key autoincrement, kind text not null, force_update text not null, ' +
      'row_count integer not null, byte_count integer not null, spooled_at integer not null, data text not null)',
    // an id is not used again, so readers know which rows are new
    'create table if not exists refused (id integer primary key autoincrement, kind text not null, force_update text not null, ' +
      'refused_at integer not null, reason text not null, data text not null)',
    `pragma user_version = ${FORMAT}`,
  ];
  return inTransaction(file, async () => {
    for (const statement of statements) {
      await file.execute(statement, []);
    }
  });
}

/** The version of a file's format; 0 for a new file. */
export async function formatOf(file: PhysicalConnection): Promise<number> {
  return Number((await file.execute('pragma user_version', [])).rows[0]?.['user_version']);
}

/** Reads a note about the spool. */
export async function readNote(file: PhysicalConnection, name: Note): Promise<string | undefined> {
  const { rows } = await file.execute('select value from about where name = ?', [name]);
  return rows[0] === undefined ? undefined : String(rows[0]['value']);
}

/** Writes a note about the spool. */
export async function writeNote(file: PhysicalConnection, name: Note, value: string): Promise<void> {
  await file.execute('insert into about values (?, ?) on conflict (name) do update set value = excluded.value', [
    name,
    value,
  ]);
}

/** Counts what the spool holds. */
export async function totalsOf(file: PhysicalConnection): Promise<SpoolTotals> {
  const { rows } = await file.execute(
    'select coalesce(sum(row_count), 0) as row_count, coalesce(sum(byte_count), 0) as byte_count, ' +
      'min(spooled_at) as oldest, (select count(*) from refused) as refused from batches',
    [],
  );
  const [row] = rows;
  const oldest = row?.['oldest'];
  return {
    rows: Number(row?.['row_count']),
    bytes: Number(row?.['byte_count']),
    oldest: oldest == null ? null : new Date(Number(oldest)),
    refused: Number(row?.['refused']),
  };
}

/** Appends rows to the queue, and returns their bytes. */
export async function insertPieces(
  file: PhysicalConnection,
  { kind, forceUpdate }: BatchKind,
  pieces: readonly Piece[],
  at: number,
): Promise<number> {
  for (const { rows, bytes, text } of pieces) {
    await file.execute(
      'insert into batches (kind, force_update, row_count, byte_count, spooled_at, data) values (?, ?, ?, ?, ?, ?)',
      [kind, String(forceUpdate), rows, bytes, at, text],
    );
  }
  return pieces.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Keeps a row that the database refused. */
export async function insertRefused(
  file: PhysicalConnection,
  { kind, forceUpdate }: BatchKind,
  { row, reason }: RefusedRow,
): Promise<void> {
  await file.execute('insert into refused (kind, force_update, refused_at, reason, data) values (?, ?, ?, ?, ?)', [
    kind,
    String(forceUpdate),
    Date.now(),
    reason,
    JSON.stringify(row),
  ]);
}

/** The process that has a spool, as far as it is known. */
export async function holderOf(directory: string): Promise<string> {
  const unknown = 'another process';
  if (!hasSpool(directory)) {
    return unknown;
  }
  const file = await openSpoolFile(directory);
  try {
    return (await readNote(file, 'holder')) ?? unknown;
  } catch {
    // the file is just being made
    return unknown;
  } finally {
    file.abort();
  }
}

/** Whether a spool that cannot be used now holds rows, or may hold rows that cannot be counted. */
export async function mayHoldRows(directory: string): Promise<boolean> {
  if (!hasSpool(directory)) {
    return false;
  }
  try {
    const file = await openSpoolFile(directory);
    try {
      return (await hasTables(file)) && (await totalsOf(file)).rows > 0;
    } finally {
      file.abort();
    }
  } catch {
    return true;
  }
}

/** A file has no tables while it is made, and if the disk was full at that moment. */
async function hasTables(file: PhysicalConnection): Promise<boolean> {
  const { rows } = await file.execute("select 1 from sqlite_schema where type = 'table' and name = 'batches'", []);
  return rows.length > 0;
}

/** The first batch after a place in the queue. */
export async function batchAfter(file: PhysicalConnection, sequence: number): Promise<SpooledBatch | undefined> {
  const { rows } = await file.execute('select * from batches where sequence > ? order by sequence limit 1', [sequence]);
  return rows[0] === undefined ? undefined : batchOf(rows[0]);
}

/** The next and the last batch of the same kind after a batch: rows from the whole time of an outage. */
export async function laterBatches(
  file: PhysicalConnection,
  { kind, sequence }: SpooledBatch,
): Promise<SpooledBatch[]> {
  const ofKind = 'from batches where kind = ? and sequence > ?';
  const { rows } = await file.execute(
    `select * from batches where sequence in ((select min(sequence) ${ofKind}), (select max(sequence) ${ofKind}))`,
    [kind, sequence, kind, sequence],
  );
  return rows.map(batchOf);
}

function batchOf(row: Row): SpooledBatch {
  const text = String(row['data']);
  const rows = parsed(text);
  return {
    ...batchKindOf(row),
    sequence: Number(row['sequence']),
    spooledAt: new Date(Number(row['spooled_at'])),
    count: Number(row['row_count']),
    bytes: Number(row['byte_count']),
    rows: Array.isArray(rows) ? rows : [],
    damaged: Array.isArray(rows) ? undefined : { row: text, reason: DAMAGED },
  };
}

/** The JSON value of a text; `undefined` if it is damaged. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A refused row as it is kept in the file. */
export interface KeptRefusal extends RefusedRow, BatchKind {
  readonly id: number;
  readonly bytes: number;
  readonly refusedAt: Date;
}

/** A range of refused rows by their ids: `after` is not part of it, `upTo` is. */
export interface Refusals {
  readonly after: number;
  readonly upTo: number;
}

/** Reads refused rows in ascending or descending order, one at a time: there may be more than memory holds. */
export async function* refusals(
  file: PhysicalConnection,
  order: 'asc' | 'desc',
  { after, upTo }: Refusals = { after: 0, upTo: Number.MAX_SAFE_INTEGER },
): AsyncGenerator<KeptRefusal, void, undefined> {
  let range = [after, upTo];
  for (;;) {
    const statement = `select * from refused where id > ? and id <= ? order by id ${order} limit 1`;
    const [row] = (await file.execute(statement, range)).rows;
    if (row === undefined) {
      return;
    }
    const refusal = refusalOf(row);
    yield refusal;
    range = order === 'asc' ? [refusal.id, upTo] : [after, refusal.id - 1];
  }
}

/**
 * Reads refused rows in the order in which they are to be stored where stored rows are kept. So the last version of a
 * candle comes first, but an open version after closed ones, which it would not have replaced. Of messages the first wins.
 */
export async function* refusalsToKeep(
  file: PhysicalConnection,
  range?: Refusals,
): AsyncGenerator<KeptRefusal, void, undefined> {
  for (const open of [false, true]) {
    for await (const refusal of refusals(file, 'desc', range)) {
      if (refusal.kind === 'candle' && isOpenVersion(refusal) === open) {
        yield refusal;
      }
    }
  }
  for await (const refusal of refusals(file, 'asc', range)) {
    if (refusal.kind !== 'candle') {
      yield refusal;
    }
  }
}

/** Whether it is an open candle of a writer that never replaces a closed one by an open one. */
function isOpenVersion({ forceUpdate, row }: KeptRefusal): boolean {
  return forceUpdate === 'unless-closed' && (row as { readonly closed?: unknown }).closed === false;
}

/** The id of the last refused row; 0 if there is none. */
export async function lastRefusal(file: PhysicalConnection): Promise<number> {
  const { rows } = await file.execute('select coalesce(max(id), 0) as id from refused', []);
  return Number(rows[0]?.['id']);
}

/** Whether a spool has batches or refused rows that came after these. */
export async function hasRowsAfter(file: PhysicalConnection, sequence: number, refusal: number): Promise<boolean> {
  // one statement: between two, rows could move from where the second looks to where the first looked
  const { rows } = await file.execute(
    'select 1 where exists (select 1 from batches where sequence > ?) or exists (select 1 from refused where id > ?)',
    [sequence, refusal],
  );
  return rows.length > 0;
}

function refusalOf(row: Row): KeptRefusal {
  const text = String(row['data']);
  return {
    ...batchKindOf(row),
    id: Number(row['id']),
    bytes: Buffer.byteLength(text),
    refusedAt: new Date(Number(row['refused_at'])),
    reason: String(row['reason']),
    row: parsed(text) ?? text,
  };
}

function batchKindOf(row: Row): BatchKind {
  const stored = row['force_update'];
  return { kind: row['kind'] as SpoolKind, forceUpdate: stored === 'unless-closed' ? stored : stored === 'true' };
}
