import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchKind, SpoolKind, StoredBatch } from '../streams/writer-target.ts';
import { reasonOf, refusalOf } from './spool-errors.ts';
import type { RefusedRow, SpooledBatch } from './spooled-batch.ts';

/** A transaction in which nobody else can change the table that the rows go to. */
export interface SpoolTransaction {
  /** Stores rows, all of them or, if it throws, none. */
  store(batchKind: BatchKind, rows: readonly unknown[]): Promise<StoredBatch<unknown>>;
  /** Whether the database would accept a row. It is not stored. */
  accepts(batchKind: BatchKind, row: unknown): Promise<boolean>;
}

/** Where spooled rows are stored. */
export interface SpoolStore {
  /** Stores rows as the writer that spooled them would have. */
  store(batchKind: BatchKind, rows: readonly unknown[], signal: AbortSignal): Promise<StoredBatch<unknown>>;
  /** Does work on the table of a kind in one transaction. */
  transaction<T>(kind: SpoolKind, work: (transaction: SpoolTransaction) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Whether the instance is closed, so that nothing more can be stored. */
  closed(): boolean;
}

/** Rows of a batch that are tried one by one, to find one that is accepted. */
const MOST_SAMPLES = 10;

/**
 * Stores a batch, and returns the rows that the database refuses because of what is in them. A row is to blame only
 * if another row, of its batch or of a later one, is accepted: an added column, a trigger or a missing partition
 * refuses every row, until somebody fixes that.
 *
 * @param later reads some later batches of the same kind
 * @param setAside returns refused rows even if no row at all is accepted
 * @throws the error with which the database refused the batch, if it accepts no row at all
 */
export async function storeBatch(
  store: SpoolStore,
  batch: SpooledBatch,
  later: () => Promise<SpooledBatch[]>,
  setAside: boolean,
  signal: AbortSignal,
): Promise<RefusedRow[]> {
  if (batch.damaged !== undefined) {
    return [batch.damaged];
  }
  try {
    return refusedIn(await store.store(batch, batch.rows, signal));
  } catch (error) {
    if (refusalOf(error) === undefined) {
      throw error;
    }
    const candidates = [batch, ...(await later())];
    const refused = await store.transaction(
      batch.kind,
      async (transaction) =>
        setAside || (await acceptsAny(transaction, candidates))
          ? storeAccepted(transaction, batch, batch.rows)
          : undefined,
      signal,
    );
    if (refused === undefined) {
      throw error;
    }
    return refused;
  }
}

async function acceptsAny(transaction: SpoolTransaction, batches: readonly SpooledBatch[]): Promise<boolean> {
  for (const batch of batches) {
    for (const row of samplesOf(batch.rows)) {
      if (await transaction.accepts(batch, row)) {
        return true;
      }
    }
  }
  return false;
}

/** Stores rows in their order. Halves what is refused until a single row is left. */
async function storeAccepted(
  transaction: SpoolTransaction,
  batchKind: BatchKind,
  rows: readonly unknown[],
): Promise<RefusedRow[]> {
  try {
    return refusedIn(await transaction.store(batchKind, rows));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) {
      throw error;
    }
    if (rows.length === 1) {
      return [{ row: rows[0], reason: refusal.message }];
    }
    // SQLite answers within the same turn of the event loop, and this may take hundreds of statements
    await nextTurn();
    const half = Math.ceil(rows.length / 2);
    const first = await storeAccepted(transaction, batchKind, rows.slice(0, half));
    return [...first, ...(await storeAccepted(transaction, batchKind, rows.slice(half)))];
  }
}

function refusedIn({ rejected }: StoredBatch<unknown>): RefusedRow[] {
  return rejected.map(({ row, issues }) => ({ row, reason: reasonOf(issues) }));
}

/** Different rows each time, so that one that is accepted is found sooner or later. */
function samplesOf(rows: readonly unknown[]): unknown[] {
  const start = Math.floor(Math.random() * rows.length);
  const step = Math.max(1, Math.floor(rows.length / MOST_SAMPLES));
  return Array.from(
    { length: Math.min(rows.length, MOST_SAMPLES) },
    (_, index) => rows[(start + index * step) % rows.length],
  );
}
