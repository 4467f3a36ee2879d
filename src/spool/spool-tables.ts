import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PhysicalConnection, Row } from '../dialects/driver/physical-connection.ts';
import { openSqliteConnection } from '../dialects/driver/sqlite-connection.ts';
import type { RefusedRow, SpooledBatch, SpoolKind, SpoolMode, SpoolTotals } from './spooled-batch.ts';

/** The version of the file's form. */
export const FORM = 1;
const BUSY_TIMEOUT_MS = 2_000;
const FILE = 'spool.db';
/** A delete changes some twenty pages of 4 KiB. */
const JOURNAL_BYTES = 256 * 1024;

/** Whether a directory has a spool. */
export function hasSpool(directory: string): boolean {
  return existsSync(join(directory, FILE));
}

/** Opens a spool's file, and makes it where there is none. */
export function openSpoolFile(directory: string): Promise<PhysicalConnection> {
  return openSqliteConnection(join(directory, FILE), BUSY_TIMEOUT_MS, 'persist');
}

/**
 * Makes the journal as large as taking a batch out needs it. On a disk that is full by then there would be no
 * room for it, and what is drained could not be taken out.
 */
export async function reserveJournal(file: PhysicalConnection): Promise<void> {
  // other bytes each time: pages that stay the same are not written
  const blob = `randomblob(${JOURNAL_BYTES})`;
  await file.execute(`insert into about values ('journal', ${blob}) on conflict do nothing`, []);
  // overwritten in its place: the journal takes a copy of each page of it, and is never cut
  await file.execute(`update about set value = ${blob} where name = 'journal'`, []);
}

/**
 * Makes the tables. They are a queue and not those of the entities: their keys would keep one row for two
 * versions of a candle, which only an overwriting write may do, and would forget which came first.
 */
export async function makeTables(file: PhysicalConnection): Promise<void> {
  const statements = [
    'create table if not exists about (name text primary key, value blob not null)',
    'create table if not exists batches (sequence integer primary key autoincrement, kind text not null, mode text not null, ' +
      'row_count integer not null, byte_count integer not null, spooled_at integer not null, data text not null)',
    'create table if not exists refused (id integer primary key, kind text not null, mode text not null, ' +
      'refused_at integer not null, reason text not null, data text not null)',
    `pragma user_version = ${FORM}`,
  ];
  for (const statement of statements) {
    await file.execute(statement, []);
  }
}

/** The version of a file's form; 0 for a new one. */
export async function formOf(file: PhysicalConnection): Promise<number> {
  return Number((await file.execute('pragma user_version', [])).rows[0]?.['user_version']);
}

/** What was noted about a spool. */
export async function noted(file: PhysicalConnection, name: 'database' | 'holder'): Promise<string | undefined> {
  const { rows } = await file.execute('select value from about where name = ?', [name]);
  return rows[0] === undefined ? undefined : String(rows[0]['value']);
}

/** Notes something about a spool. */
export async function note(file: PhysicalConnection, name: 'database' | 'holder', value: string): Promise<void> {
  await file.execute('insert into about values (?, ?) on conflict (name) do update set value = excluded.value', [
    name,
    value,
  ]);
}

/** Counts what is there. */
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

/** The first batch behind a place in the queue. */
export async function batchAfter(file: PhysicalConnection, sequence: number): Promise<SpooledBatch | undefined> {
  const { rows } = await file.execute('select * from batches where sequence > ? order by sequence limit 1', [sequence]);
  const [row] = rows;
  return row === undefined
    ? undefined
    : {
        ...laneOf(row),
        sequence: Number(row['sequence']),
        spooledAt: new Date(Number(row['spooled_at'])),
        bytes: Number(row['byte_count']),
        rows: JSON.parse(String(row['data'])) as unknown[],
      };
}

/** A refused row as it is kept. */
export interface KeptRefusal extends RefusedRow {
  readonly id: number;
  readonly kind: SpoolKind;
  readonly mode: SpoolMode;
  readonly refusedAt: Date;
}

/** The first refused row behind another one. */
export async function refusalAfter(file: PhysicalConnection, id: number): Promise<KeptRefusal | undefined> {
  const { rows } = await file.execute('select * from refused where id > ? order by id limit 1', [id]);
  const [row] = rows;
  return row === undefined
    ? undefined
    : {
        ...laneOf(row),
        id: Number(row['id']),
        refusedAt: new Date(Number(row['refused_at'])),
        reason: String(row['reason']),
        row: JSON.parse(String(row['data'])) as unknown,
      };
}

function laneOf(row: Row): { readonly kind: SpoolKind; readonly mode: SpoolMode } {
  return { kind: row['kind'] as SpoolKind, mode: row['mode'] as SpoolMode };
}
