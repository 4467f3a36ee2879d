import type { Dialect } from '../../databases/dialect.ts';
import type { StatementResult } from '../../databases/physical-connection.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';
import type { Outcome } from './write-result.ts';

/** How many rows a statement inserted, changed and left as they were. */
export interface UpsertCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

export const NO_ROWS: UpsertCounts = { inserted: 0, updated: 0, unchanged: 0 };

/**
 * What an upsert did, from its own result. A server counts 1 for an inserted row, 2 for a changed one and 0 for one
 * that stayed (source: MySQL Reference Manual, "INSERT ... ON DUPLICATE KEY UPDATE Statement"; the connection has
 * CLIENT_FOUND_ROWS off), and reports the changed rows of a multi-row statement as "Duplicates". SQLite counts 1 for
 * either.
 */
export function upsertCounts(
  dialect: Dialect,
  forceUpdate: ForceUpdate,
  result: StatementResult,
  rows: number,
): UpsertCounts {
  if (forceUpdate === false) {
    return { inserted: result.affected, updated: 0, unchanged: rows - result.affected };
  }
  const perUpdate = dialect.upsert.canSkipRow ? 1 : 2;
  // a server reports no duplicates of a single row, whose count is clear by itself
  const updated = result.updated ?? (rows === 1 && result.affected === perUpdate ? 1 : 0);
  const inserted = result.affected - perUpdate * updated;
  return { inserted, updated, unchanged: rows - inserted - updated };
}

export function addCounts(a: UpsertCounts, b: UpsertCounts): UpsertCounts {
  return { inserted: a.inserted + b.inserted, updated: a.updated + b.updated, unchanged: a.unchanged + b.unchanged };
}

/** The outcome of a write of one row. */
export function singleOutcome({ inserted, updated }: UpsertCounts): Outcome {
  return inserted > 0 ? 'inserted' : updated > 0 ? 'updated' : 'unchanged';
}

/** What a batch did, as a line of the log. */
export function batchMessage(rows: number, what: string, { inserted, updated, unchanged }: UpsertCounts): string {
  return `stored ${rows} ${what}: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged`;
}
