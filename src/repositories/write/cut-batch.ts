import { ROWS_PER_TURN } from '../../async/turns.ts';
import type { Table } from '../../entities/table.ts';

// the statement's own text around the rows
const BYTES_PER_STATEMENT = 8_192;

/** The limits of a slice. */
export interface SliceLimits<T> {
  readonly rows: number;
  /** Largest statement, in bytes. */
  readonly bytes: number;
  /** Upper bound of a row's bytes, quickly. */
  mostBytesOf(row: T): number;
  /** A row's bytes, exactly. Called only where the upper bound is too large for a slice. */
  bytesOf(row: T): number;
}

/** Called with a row that is left out because it is too large, and by how much. */
export type LeaveOut<R> = (row: R, excess: string) => void;

/**
 * Cuts a batch into slices, each for one statement. Stops after every {@link ROWS_PER_TURN} rows.
 *
 * @param leaveOut called with each row that is too large by itself, which is then left out
 * @throws Error with the server's own number for a row that is too large, where there is no `leaveOut`: a server that
 *   is sent too much may hang up before it says why
 */
export function* cutBatch<T>(
  rows: readonly T[],
  limits: SliceLimits<T>,
  leaveOut: LeaveOut<T> = (_row, excess) => refuse(excess),
): Generator<void, T[][]> {
  const mostBytes = limits.bytes - BYTES_PER_STATEMENT;
  const slices: T[][] = [];
  let slice: T[] = [];
  let bytes = 0;
  let done = 0;
  for (const row of rows) {
    if (done > 0 && done % ROWS_PER_TURN === 0) {
      yield;
    }
    done += 1;
    const most = limits.mostBytesOf(row);
    const exact = most > mostBytes ? limits.bytesOf(row) : most;
    if (exact > mostBytes) {
      leaveOut(row, `a row of ${exact + BYTES_PER_STATEMENT} bytes is more than the server takes (${limits.bytes})`);
      continue;
    }
    if (slice.length > 0 && (slice.length >= limits.rows || bytes + exact > mostBytes)) {
      slices.push(slice);
      slice = [];
      bytes = 0;
    }
    slice.push(row);
    bytes += exact;
  }
  return slice.length > 0 ? [...slices, slice] : slices;
}

function refuse(excess: string): never {
  throw Object.assign(new Error(excess), { code: 'ER_NET_PACKET_TOO_LARGE', errno: 1153 });
}

/** Parentheses around a row. */
const AROUND_ROW = 2;
/** Quotes around a value, and the comma after it. */
const AROUND_VALUE = 3;
const BYTES_OF_KIND = { decimal: 38, instant: 23, flag: 1, integer: 11 } as const;

/** Returns a function that says how many bytes a table's row takes in a statement at most. */
export function mostRowBytes<T extends object>({ columns }: Table<T>): (row: Partial<T>) => number {
  let fixed = AROUND_ROW;
  const open: (keyof T)[] = [];
  for (const { kind, length, property } of columns) {
    fixed += AROUND_VALUE;
    if (kind === 'text' && length !== undefined) {
      // a character has four bytes at most, and one that needs a backslash has one
      fixed += 4 * length;
    } else if (kind === 'text' || kind === 'json') {
      open.push(property as keyof T);
    } else {
      fixed += BYTES_OF_KIND[kind];
    }
  }
  // every byte of text may need a backslash
  return (row) => open.reduce((bytes, property) => bytes + 2 * Buffer.byteLength(String(row[property])), fixed);
}
