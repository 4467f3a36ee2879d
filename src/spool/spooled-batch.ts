import type { ForceUpdate } from '../schemas/write-options.schema.ts';

/** What sort of rows a batch has. */
export const SPOOL_KINDS = ['candle', 'raw-trade'] as const;

/** One of {@link SPOOL_KINDS}. */
export type SpoolKind = (typeof SPOOL_KINDS)[number];

/** What the rows of a batch are, and how they are to be written. */
export interface BatchKind {
  readonly kind: SpoolKind;
  readonly forceUpdate: ForceUpdate;
}

/** Rows that were given at once, as JSON has them. */
export interface SpooledBatch extends BatchKind {
  readonly sequence: number;
  readonly spooledAt: Date;
  /** How many rows were written down. */
  readonly count: number;
  readonly bytes: number;
  readonly rows: readonly unknown[];
  /** What is left of its text, where it cannot be read any more; it has no rows then. */
  readonly damaged: RefusedRow | undefined;
}

/** A row that the database would not take, and why. */
export interface RefusedRow {
  readonly row: unknown;
  readonly reason: string;
}

/** What a spool holds, without its rows. */
export interface SpoolTotals {
  readonly rows: number;
  readonly bytes: number;
  readonly oldest: Date | null;
  readonly refused: number;
}

/** A part of a batch, ready to be written down. */
export interface Piece {
  readonly rows: number;
  readonly bytes: number;
  readonly text: string;
}

/** Rows that a batch has in the spool's file at most. */
export const MOST_ROWS = 5_000;
/** Bytes of rows that it has at most, unless one row alone has more. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** Writes rows down as JSON, in pieces that fit into memory when they are read again. */
export function piecesOf(rows: readonly unknown[]): Piece[] {
  const pieces: Piece[] = [];
  let texts: string[] = [];
  let bytes = 0;
  const cut = (): void => {
    if (texts.length > 0) {
      pieces.push({ rows: texts.length, bytes, text: `[${texts.join(',')}]` });
    }
    texts = [];
    bytes = 0;
  };
  for (const row of rows) {
    // decimals are text and times become ISO 8601 in milliseconds: nothing is lost
    const text = JSON.stringify(row);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length === MOST_ROWS || bytes + size > MOST_BYTES) {
      cut();
    }
    texts.push(text);
    bytes += size;
  }
  cut();
  return pieces;
}
