import type { BatchKind } from '../streams/writer-target.ts';

/** Rows that were put into the spool together, as JSON values. */
export interface SpooledBatch extends BatchKind {
  readonly sequence: number;
  readonly spooledAt: Date;
  /** How many rows were put. */
  readonly count: number;
  readonly bytes: number;
  readonly rows: readonly unknown[];
  /** If the text can no longer be read: what is left of it. There are no rows then. */
  readonly damaged: RefusedRow | undefined;
}

/**
 * Whether candles keep stored ones. Of several batches the first version of a candle then wins, but inside a batch the
 * last: a batch has its rows in the reverse of the order in which single rows would be stored.
 */
export function keepsStored({ kind, forceUpdate }: BatchKind): boolean {
  return kind === 'candle' && forceUpdate === false;
}

/** A row that the database did not accept, and why. */
export interface RefusedRow {
  readonly row: unknown;
  readonly reason: string;
}

/** A part of a batch as it is written to the file. */
export interface Piece {
  readonly rows: number;
  readonly bytes: number;
  readonly text: string;
}

/** Rows of a batch in the file, at most. */
export const MOST_ROWS = 5_000;
/** Bytes of a batch in the file, at most, unless one row alone has more. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** Writes rows as JSON, in pieces that fit into memory when they are read again. */
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
    // decimals are text, and times become ISO 8601 in milliseconds: nothing is lost
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
