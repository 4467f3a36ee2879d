import type { DatabaseOperationError } from '../errors/database-operation-error.ts';

/** What a spool holds, and how it stands with it. */
export interface SpoolState {
  readonly directory: string;
  /** Rows that were acknowledged and are not in the database yet. */
  readonly rows: number;
  /** Bytes of these rows, as the spool's file has them. */
  readonly bytes: number;
  /** Bytes that the file may grow to. */
  readonly maxBytes: number;
  /** When the first of these rows came into the spool; `null` where there is none. */
  readonly oldest: Date | null;
  /** It takes no more rows, for want of room or since its file cannot be opened or written: in an outage its writers wait. */
  readonly full: boolean;
  /** Rows that the database would not take for what they are. They stay here, and others pass them. */
  readonly refused: number;
  /** Why rows are not drained, or not taken; `null` while all goes well. */
  readonly error: DatabaseOperationError | null;
}

/** What of a spool's state is told when it changes: not its figures. */
export function spoolCondition({ directory, rows, full, refused, error }: SpoolState): string {
  return JSON.stringify([directory, rows > 0, full, refused > 0, error?.kind]);
}
