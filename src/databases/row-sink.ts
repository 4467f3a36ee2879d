/** A value of a result column, from any table. */
export type SqlValue = string | number | bigint | Buffer | Date | null;

/** One column of a result. */
export interface ResultColumn {
  readonly name: string;
  /** The table and the column whose values it contains unchanged, if the database says so. */
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/** Controls the rows of a statement from the sink's side. */
export interface RowFlow {
  /** Continues after a row for which the sink returned `false`. */
  resume(): void;
  /**
   * Skips the remaining rows. They are read for at most this many milliseconds, then the connection is closed;
   * without a limit they are read to the end.
   */
  cancel(timeoutMs?: number): void;
}

/** Receives the rows of a statement as they arrive. */
export interface RowSink {
  /** A result set begins. */
  columns(columns: readonly ResultColumn[]): void;
  /** Receives a row. Returning `false` pauses the rows until the flow is resumed; only a sink with `flow` may. */
  row(values: readonly SqlValue[]): boolean;
  /** Receives the flow before the first row. Such a statement has a time limit for its first row only. */
  flow?(flow: RowFlow): void;
}

/** What a statement did, apart from its rows. */
export interface QueryOutcome {
  /** Rows that went to the sink. */
  readonly rows: number;
  /** Rows inserted, changed or deleted, as the database counts them. */
  readonly affected: number;
  /** Id made by an auto-increment: the first of a statement on a server, the last on SQLite. */
  readonly insertId: number | bigint | null;
  readonly warnings: number;
  /** Whether a transaction is open on the connection now. */
  readonly inTransaction: boolean;
  /** Whether the session still reads quoted texts as the library writes them. */
  readonly quotingIntact: boolean;
}
