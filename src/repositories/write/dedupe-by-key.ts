import { ROWS_PER_TURN } from '../../async/turns.ts';

/** The key of a table's rows: three names, and then an order within those. */
export interface RowKey<T> {
  readonly names: readonly [keyof T, keyof T, keyof T];
  /** Compares two rows with the same three names; zero means the same key. */
  compare(a: T, b: T): number;
}

/**
 * Keeps one row for each key. If a key occurs twice the last row wins, unless `replaces` says that it does not replace
 * the one before. The rows are sorted by key, so that two writers take their locks in the same order and the table
 * grows in the order of its key. Stops after every {@link ROWS_PER_TURN} rows.
 */
export function* dedupeByKey<T>(
  rows: readonly T[],
  key: RowKey<T>,
  replaces: (next: T, previous: T) => boolean = () => true,
): Generator<void, T[]> {
  const sorted: T[] = [];
  let done = 0;
  for (const group of yield* groupByNames(rows, key.names)) {
    // sorting is stable: rows with the same key stay in their order
    const ordered = ascends(group, key) ? group : yield* sortInTurns(group, key.compare);
    const start = sorted.length;
    for (const row of ordered) {
      const last = sorted.length === start ? undefined : sorted.at(-1);
      if (last === undefined || key.compare(last, row) !== 0) {
        sorted.push(row);
      } else if (replaces(row, last)) {
        sorted[sorted.length - 1] = row;
      }
      done += 1;
      if (done % ROWS_PER_TURN === 0) {
        yield;
      }
    }
  }
  return sorted;
}

/** Groups the rows by their three names, in the order of the names. */
function* groupByNames<T>(
  rows: readonly T[],
  [first, second, third]: RowKey<T>['names'],
): Generator<void, readonly T[][]> {
  const tree = new Map<unknown, Map<unknown, Map<unknown, T[]>>>();
  const groups: T[][] = [];
  let done = 0;
  for (const row of rows) {
    const branch = getOrAdd(tree, row[first], () => new Map<unknown, Map<unknown, T[]>>());
    const twig = getOrAdd(branch, row[second], () => new Map<unknown, T[]>());
    const group = getOrAdd(twig, row[third], () => {
      const added: T[] = [];
      groups.push(added);
      return added;
    });
    group.push(row);
    done += 1;
    if (done % ROWS_PER_TURN === 0) {
      yield;
    }
  }
  return yield* sortInTurns(groups, ([a], [b]) => compareNames(a as T, b as T, [first, second, third]));
}

/** A stable sort, like `Array.sort`, that stops after every {@link ROWS_PER_TURN} rows. */
function* sortInTurns<T>(rows: T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
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

function compareNames<T>(a: T, b: T, names: RowKey<T>['names']): number {
  for (const name of names) {
    if (a[name] !== b[name]) {
      return String(a[name]) < String(b[name]) ? -1 : 1;
    }
  }
  return 0;
}

function ascends<T>(rows: readonly T[], { compare }: RowKey<T>): boolean {
  for (let index = 1; index < rows.length; index += 1) {
    if (compare(rows[index - 1] as T, rows[index] as T) >= 0) {
      return false;
    }
  }
  return true;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
