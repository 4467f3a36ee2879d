import { ROWS_PER_TURN } from '../../async/turns.ts';

/**
 * Keeps one row for each key. If a key occurs twice the last row wins, unless `replaces` says that it does not replace
 * the one before. The rows are sorted by key, so that two writers take their locks in the same order and the table
 * grows in the order of its key. Stops after every {@link ROWS_PER_TURN} rows.
 *
 * @param compare compares two rows by their keys; zero means the same key
 */
export function* dedupeByKey<T>(
  rows: readonly T[],
  compare: (a: T, b: T) => number,
  replaces: (next: T, previous: T) => boolean = () => true,
): Generator<void, readonly T[]> {
  // most batches come in the order of their keys
  let ordered = 1;
  while (ordered < rows.length && compare(rows[ordered - 1] as T, rows[ordered] as T) < 0) {
    ordered += 1;
    if (ordered % ROWS_PER_TURN === 0) {
      yield;
    }
  }
  if (ordered >= rows.length) {
    return rows;
  }
  const deduped: T[] = [];
  let done = 0;
  // sorting is stable: rows with the same key stay in their order
  for (const row of yield* sortInTurns(rows, compare)) {
    const last = deduped.at(-1);
    if (last === undefined || compare(last, row) !== 0) {
      deduped.push(row);
    } else if (replaces(row, last)) {
      deduped[deduped.length - 1] = row;
    }
    done += 1;
    if (done % ROWS_PER_TURN === 0) {
      yield;
    }
  }
  return deduped;
}

/** Compares two names of a key. */
export function compareNames(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A stable sort, like `Array.sort`, that stops after every {@link ROWS_PER_TURN} rows. */
function* sortInTurns<T>(rows: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < rows.length; at += ROWS_PER_TURN) {
    runs.push(rows.slice(at, at + ROWS_PER_TURN).sort(compare));
    if (at + ROWS_PER_TURN < rows.length) {
      yield;
    }
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* merge(runs[at] as T[], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
  const merged: T[] = [];
  let at = 0;
  for (const row of right) {
    for (; at < left.length && compare(left[at] as T, row) <= 0; at += 1) {
      merged.push(left[at] as T);
    }
    merged.push(row);
    if (merged.length % ROWS_PER_TURN === 0) {
      yield;
    }
  }
  return merged.concat(left.slice(at));
}
