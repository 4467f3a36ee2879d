import type { Issue } from '../errors/issue.ts';
import type { Checked } from '../schemas/parse.ts';
import type { ForceUpdate } from '../schemas/write-options.schema.ts';

export type SpoolKind = 'candle' | 'raw-trade';

/** What the rows of a batch are and how they are written. */
export interface BatchKind {
  readonly kind: SpoolKind;
  /** Always false for raw trades. */
  readonly forceUpdate: ForceUpdate;
}

/** What became of a batch. The numbers and the rejected rows together are the rows of the batch. */
export interface StoredBatch<Row> {
  readonly inserted: number;
  readonly updated: number;
  /** Kept as they were, because they were stored already or because another row of the batch replaced them. */
  readonly unchanged: number;
  /** Rows that the database did not accept, because of what is in them. */
  readonly rejected: readonly { readonly row: Row; readonly issues: readonly Issue[] }[];
  /** Rows that went into a spool, from where they are stored later. @default 0 */
  readonly spooled?: number | undefined;
}

/** What a writer writes to: how rows are checked and stored. */
export interface WriterTarget<Row> {
  /** The public name of the operation: `marketData.candleWriter`. */
  readonly operation: string;
  readonly batchKind: BatchKind;
  /** Copies the input into a row, or says what is wrong with it. */
  check(input: unknown): Checked<Row>;
  /** About how much memory a row takes. */
  bytesOf(row: Row): number;
  /**
   * Stores rows. May be called again with the same rows.
   *
   * @param onRetry called before each further attempt
   */
  store(rows: readonly Row[], onRetry: () => void): Promise<StoredBatch<Row>>;
  /** Does work that closing the instance waits for. */
  track(work: () => Promise<void>): Promise<void>;
}
