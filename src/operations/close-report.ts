/** What closing an instance did with the rows that its writers held. */
export interface CloseReport {
  /** Rows that were stored in the database, or were there already. */
  readonly flushed: number;
  /** Rows that were put into spools. */
  readonly spooled: number;
  /** Rows that were neither: their writers have them in `unwritten`. */
  readonly unwritten: number;
  /** Rows that spools hold now, those of earlier outages included: the next writer in the directory drains them. */
  readonly leftInSpools: number;
  /** Whether operations were cut off, by `force` or because `shutdownTimeoutMs` had passed. */
  readonly forced: boolean;
  readonly durationMs: number;
}
