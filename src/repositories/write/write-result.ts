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
 * What a batch did. `inserted + updated + unchanged + rejected.length` is the length of the batch: an
 * element that another of the same batch replaced counts as `unchanged`, since it changed nothing.
 */
export interface WriteResult {
  readonly inserted: number;
  readonly updated: number;
  /** Kept as they were, because they were stored already or because another of the batch replaced them. */
  readonly unchanged: number;
  /** Invalid, and never sent. */
  readonly rejected: readonly RejectedRow[];
}

/** The outcome of a batch of one. */
export function singleOutcome(result: { readonly inserted: number; readonly updated: number }): Outcome {
  return result.inserted > 0 ? 'inserted' : result.updated > 0 ? 'updated' : 'unchanged';
}
