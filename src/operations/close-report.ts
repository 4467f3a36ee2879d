/** What became of the rows that writers held. */
export interface SettledRows {
  /** Stored in the database, or found stored there unchanged. */
  readonly flushed: number;
  /** Put into spools. */
  readonly spooled: number;
  /** Neither: still held by their writers, in `unwritten`. */
  readonly unwritten: number;
}

/** What closing an instance did with the rows that its writers held, and what its spools still hold. */
export interface CloseReport extends SettledRows {
  /** Rows that spools hold now, those of earlier outages included. The next writer in a spool's directory drains it. */
  readonly leftInSpools: number;
  /** Whether operations under way were cut off: by `force`, or because `shutdownTimeoutMs` had passed. */
  readonly forced: boolean;
  readonly durationMs: number;
}
