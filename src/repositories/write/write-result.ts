import type { Issue } from '../../errors/issue.ts';

/** What a write did to one row. */
export type Outcome = 'inserted' | 'updated' | 'unchanged';

/** An element of a batch that was refused, and why. */
export interface RejectedRow {
  /** Its place in the batch, from 0. */
  readonly index: number;
  readonly issues: readonly Issue[];
}

/**
 * What a batch did. `inserted + updated + unchanged + rejected.length` is the length of the batch: where a key occurs
 * twice, the row that lost counts as `unchanged`, since it changed nothing.
 */
export interface WriteResult {
  readonly inserted: number;
  readonly updated: number;
  /** Rows that were equal or kept, and those that lost against another row of the batch. */
  readonly unchanged: number;
  /** Rows that are invalid, and were never sent. */
  readonly rejected: readonly RejectedRow[];
}

/** How many rows a statement, or several, inserted, changed and left as they were. */
export type UpsertCounts = Pick<WriteResult, 'inserted' | 'updated' | 'unchanged'>;
