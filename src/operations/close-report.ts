/** What became of the rows that writers held. */
export interface SettledRows {
  /** Stored in the database, or found there as they were. */
  readonly flushed: number;
  /** Put into spools. */
  readonly spooled: number;
  /** Neither: still held by their writers, in `unwritten`. */
  readonly unwritten: number;
}

/** What closing an instance did with the rows that its writers held, and with what its spools hold. */
export interface CloseReport extends SettledRows {
  /** Rows that spools hold now, those of earlier outages included: drained when a writer is next made there. */
  readonly leftInSpools: number;
  /** Whether what was under way was cut off: by `force`, or since `shutdownTimeoutMs` had passed. */
  readonly forced: boolean;
  readonly durationMs: number;
}
