import type { Issue } from '../errors/issue.ts';
import type { Checked } from '../schemas/parse.ts';
import type { RowSpool } from './row-spool.ts';

/** What became of a batch. The numbers and the refused rows together are the rows of the batch. */
export interface StoredBatch<Row> {
  readonly inserted: number;
  readonly updated: number;
  /** Kept as they were, because they were stored already or because another of the batch replaced them. */
  readonly unchanged: number;
  /** Rows that the database would not take, for what they are. */
  readonly rejected: readonly { readonly row: Row; readonly issues: readonly Issue[] }[];
  /** Kept in a spool, from where they are stored later. @default 0 */
  readonly spooled?: number | undefined;
}

/** Where a writer's rows go. */
export interface RowSink<Row> {
  /** The public name of what is done: `marketData.candleWriter`. */
  readonly operation: string;
  /** Turns what was given into a row of its own, or says what is wrong with it. */
  check(input: unknown): Checked<Row>;
  /** About how much memory a row takes. */
  bytesOf(row: Row): number;
  /**
   * Stores rows, and may be given the same rows again.
   *
   * @param onRetry is told of each attempt that has to be made again
   */
  store(rows: readonly Row[], onRetry: () => void): Promise<StoredBatch<Row>>;
  /** Does work that closing the instance waits for. */
  hold(work: () => Promise<void>): Promise<void>;
  /** Where rows are kept that cannot be stored, if anywhere. */
  readonly spool?: RowSpool<Row> | undefined;
}
