/** One executed statement, as an observer sees it: without its values. */
export interface StatementEvent {
  /** The shape of the statement: `?` for each value, and of many rows one with their number. */
  readonly statement: string;
  readonly durationMs: number;
  /** Rows read, or rows written. */
  readonly rows: number;
  readonly error?: unknown;
}

/** Is told of every statement that is sent, the ORM's own included. */
export type StatementObserver = (event: StatementEvent) => void;
