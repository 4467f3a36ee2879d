import type { SpoolState } from './spool-state.ts';

/** What a writer with a spool knows of it. */
export interface RowSpool<Row> {
  /** Rejects when it cannot be used at all. */
  readonly opened: Promise<void>;
  readonly state: SpoolState;
  /** Is told of each change, until it is told no more. */
  watch(listener: () => void): () => void;
  /** Makes a row that waits for room, or for the database, fail. */
  giveUp(): void;
  /** Puts rows behind all that is there, now or not at all. */
  keep(rows: readonly Row[]): Promise<void>;
}
