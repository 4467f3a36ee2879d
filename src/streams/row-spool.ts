import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { BatchKind, StoredBatch } from './writer-target.ts';

/** How much a spool holds. */
export interface SpoolTotals {
  /** Rows that were acknowledged and are not in the database yet. */
  readonly rows: number;
  /** Bytes of these rows in the spool's file. */
  readonly bytes: number;
  /** When the first of these rows came into the spool; `null` if there is none. */
  readonly oldest: Date | null;
  /** Rows that the database did not accept because of what is in them. They stay in the spool, and others pass them. */
  readonly refused: number;
}

/** What a spool holds and whether it works. */
export interface SpoolState extends SpoolTotals {
  readonly directory: string;
  /** Bytes that the file may grow to. */
  readonly maxBytes: number;
  /** It takes no more rows: there is no room, or its file cannot be opened or written. In an outage its writers wait. */
  readonly full: boolean;
  /** Why rows are not drained or not taken; `null` if nothing is wrong. */
  readonly error: DatabaseOperationError | null;
}

/** What a writer needs of its spool. */
export interface RowSpool {
  /** Settles when the spool's file was opened, or could not be. Rejects if the spool can never be used here. */
  readonly opened: Promise<void>;
  readonly state: SpoolState;
  /** Calls a listener when the state is another one, whatever its figures; returns a function that removes it. */
  onChange(listener: () => void): () => void;
  /**
   * Stores a batch in the database. It goes into the spool instead if the database does not take it, or if older
   * rows still wait there.
   *
   * @throws the signal's reason when it is aborted while the batch waits for room
   */
  store<Row>(
    batchKind: BatchKind,
    rows: readonly Row[],
    storeInDatabase: () => Promise<StoredBatch<Row>>,
    signal: AbortSignal,
  ): Promise<StoredBatch<Row>>;
  /** Puts rows behind all others, all of them or none. */
  put(batchKind: BatchKind, rows: readonly unknown[]): Promise<void>;
}
