import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoredBatch } from '../streams/writer-target.ts';
import { reasonOf, refusalOf } from './spool-errors.ts';
import type { SpoolFile } from './spool-file.ts';
import type { BatchKind, RefusedRow, SpooledBatch, SpoolKind } from './spooled-batch.ts';

/** A transaction during which nobody can change the table that the rows go to. */
export interface Trial {
  /** Stores rows, all of them or, when it throws, none. */
  store(batchKind: BatchKind, rows: readonly unknown[]): Promise<StoredBatch<unknown>>;
  /** Whether a row would be stored; it is not. */
  takes(batchKind: BatchKind, row: unknown): Promise<boolean>;
}

/** Where spooled rows go. */
export interface SpoolStore {
  /** Stores what was spooled, as whoever spooled it would have. */
  store(batchKind: BatchKind, rows: readonly unknown[], signal: AbortSignal): Promise<StoredBatch<unknown>>;
  /** Tries rows of a kind, in one transaction. */
  try<T>(kind: SpoolKind, work: (trial: Trial) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Sets rows aside that the database refuses, also where it takes none at all. @default false */
  readonly setAside?: boolean | undefined;
}

/** Rows of a batch that are tried by themselves, to find one that is taken. */
const MOST_SAMPLES = 10;

/**
 * Stores a batch, and returns the rows that are refused for what they are. Whether a row is to blame shows
 * only beside one that is taken, of its batch or of those behind it: an added column, a trigger, a missing
 * partition refuse every row, and are mended by somebody.
 *
 * @throws what the database refused the batch with, where it takes no row at all
 */
export async function storeBatch(
  { store, try: inTransaction, setAside = false }: SpoolStore,
  file: SpoolFile,
  batch: SpooledBatch,
  signal: AbortSignal,
): Promise<RefusedRow[]> {
  if (batch.damaged !== undefined) {
    return [batch.damaged];
  }
  try {
    return refusedIn(await store(batch, batch.rows, signal));
  } catch (error) {
    if (refusalOf(error) === undefined) {
      throw error;
    }
    const behind = await file.behind(batch);
    const refused = await inTransaction(
      batch.kind,
      async (trial) =>
        setAside || (await takesAny(trial, [batch, ...behind])) ? storeGood(trial, batch, batch.rows) : undefined,
      signal,
    );
    if (refused === undefined) {
      throw error;
    }
    return refused;
  }
}

async function takesAny(trial: Trial, batches: readonly SpooledBatch[]): Promise<boolean> {
  for (const batch of batches) {
    for (const row of samplesOf(batch.rows)) {
      if (await trial.takes(batch, row)) {
        return true;
      }
    }
  }
  return false;
}

/** Stores rows in their order, halving what is refused until it is one row. */
async function storeGood(trial: Trial, batchKind: BatchKind, rows: readonly unknown[]): Promise<RefusedRow[]> {
  try {
    return refusedIn(await trial.store(batchKind, rows));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) {
      throw error;
    }
    if (rows.length === 1) {
      return [{ row: rows[0], reason: refusal.message }];
    }
    // SQLite answers without a turn of the event loop, and this may take hundreds of statements
    await nextTurn();
    const half = Math.ceil(rows.length / 2);
    const first = await storeGood(trial, batchKind, rows.slice(0, half));
    return [...first, ...(await storeGood(trial, batchKind, rows.slice(half)))];
  }
}

function refusedIn({ rejected }: StoredBatch<unknown>): RefusedRow[] {
  return rejected.map(({ row, issues }) => ({ row, reason: reasonOf(issues) }));
}

/** Other rows each time, so that one that is taken is found sooner or later. */
function samplesOf(rows: readonly unknown[]): unknown[] {
  const start = Math.floor(Math.random() * rows.length);
  const step = Math.max(1, Math.floor(rows.length / MOST_SAMPLES));
  return Array.from(
    { length: Math.min(rows.length, MOST_SAMPLES) },
    (_, index) => rows[(start + index * step) % rows.length],
  );
}
