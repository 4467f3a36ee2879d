import type { Table } from '../entities/table.ts';
import type { Session } from './session.ts';

const ROWS_PER_STATEMENT = 1_000;
// the text around the values: quotes, commas, parentheses and the statement's own head
const BYTES_PER_VALUE = 4;
const BYTES_PER_STATEMENT = 8_192;
const BYTES_PER_SHORT_VALUE = 64;

/**
 * Cuts rows into the slices that one statement each can carry: bounded by rows, by the placeholders the
 * database takes and by the bytes the server takes.
 *
 * @param leaveOut is told of each row that is too large by itself, which is then left out
 * @throws Error with the server's own number where a single row is too large and nobody is to be told: a
 *   server that is sent too much may hang up before it says why
 */
export function slicesOf<T extends object>(
  rows: readonly T[],
  table: Table<T>,
  session: Session,
  leaveOut: (row: T, excess: string) => void = refuse,
): T[][] {
  const mostRows = Math.min(ROWS_PER_STATEMENT, Math.floor(session.dialect.maxParameters / table.columns.length));
  const mostBytes = session.maxStatementBytes - BYTES_PER_STATEMENT;
  const slices: T[][] = [];
  let slice: T[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = mostBytes === Number.POSITIVE_INFINITY ? 0 : statementBytes(row, table);
    const excess = size > mostBytes ? excessOf(row, table, session) : undefined;
    if (excess !== undefined) {
      leaveOut(row, excess);
      continue;
    }
    if (slice.length > 0 && (slice.length >= mostRows || bytes + size > mostBytes)) {
      slices.push(slice);
      slice = [];
      bytes = 0;
    }
    slice.push(row);
    bytes += size;
  }
  return slice.length > 0 ? [...slices, slice] : slices;
}

/** Says by how much a row that may be too large is so, if it is. */
function excessOf<T extends object>(row: T, table: Table<T>, session: Session): string | undefined {
  const { dialect, maxStatementBytes } = session;
  const values = table.columns.map((column) => column.encode(row[column.property as keyof T]));
  const bytes = BYTES_PER_STATEMENT + dialect.writtenBytes(values);
  return bytes > maxStatementBytes
    ? `a row of ${bytes} bytes is more than the server takes (${maxStatementBytes})`
    : undefined;
}

function refuse(_row: unknown, excess: string): never {
  throw Object.assign(new Error(excess), { code: 'ER_NET_PACKET_TOO_LARGE', errno: 1153 });
}

/** At most so many bytes a row takes in a statement: every byte of text may need a backslash. */
function statementBytes<T extends object>(row: T, table: Table<T>): number {
  let bytes = 0;
  for (const column of table.columns) {
    const value = row[column.property as keyof T];
    bytes += BYTES_PER_VALUE + (typeof value === 'string' ? 2 * Buffer.byteLength(value) : BYTES_PER_SHORT_VALUE);
  }
  return bytes;
}
