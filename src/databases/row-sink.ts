/** A value as a database hands it over, whatever table it came from. */
export type SqlValue = string | number | bigint | Buffer | Date | null;

/** One column of what a statement of a caller's own answers. */
export interface ResultColumn {
  readonly name: string;
  /** The table and the column that it comes from unchanged, where the database says so. */
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/** How rows are asked to come, or to stop coming. */
export interface RowFlow {
  /** Has them come again, after a row that was told to be the last one for a while. */
  resume(): void;
  /**
   * Wants no more of them. What is under way is waited for, but no longer than so many milliseconds: the
   * connection is then closed. Without a limit it is read to its end.
   */
  cancel(timeoutMs?: number): void;
}

/** What takes the rows of a statement as they come. */
export interface RowSink {
  /** A result set begins. */
  columns(columns: readonly ResultColumn[]): void;
  /** Takes a row; `false` stops the rows until the flow is resumed. */
  row(values: readonly SqlValue[]): boolean;
  /** Is handed the flow before the first row. A statement whose rows wait for it has no time limit. */
  flow?(flow: RowFlow): void;
}

/** What a statement did, besides its rows. */
export interface QueryOutcome {
  /** Rows inserted, changed or deleted, as the database counts them. */
  readonly affected: number;
  /** Id made by an auto-increment, the first one of a statement on a server, the last one on SQLite. */
  readonly insertId: number | bigint | null;
  readonly warnings: number;
  /** Whether a transaction is open on the connection now. */
  readonly inTransaction: boolean;
  /** Whether texts mean on the connection what the library takes them for. */
  readonly quotingIntact: boolean;
}
