/** What a table's rows are told apart by: three names, and then an order within those. */
export interface RowKey<T> {
  readonly names: readonly [keyof T, keyof T, keyof T];
  /** Compares two rows of the same three names; zero means the same key. */
  compare(a: T, b: T): number;
}

/**
 * One row for each key: the last one, unless `replaces` says that it does not replace the one before.
 * Sorted by key, so that two writers take their locks in the same order and the table grows in its own.
 */
export function lastByKey<T>(
  rows: readonly T[],
  key: RowKey<T>,
  replaces: (next: T, previous: T) => boolean = () => true,
): T[] {
  const groups = groupByNames(rows, key.names);
  const sorted: T[] = [];
  for (const group of groups) {
    if (!ascends(group, key)) {
      // the order of rows with one key stays as it came
      group.sort(key.compare);
    }
    const start = sorted.length;
    for (const row of group) {
      const last = sorted.length === start ? undefined : sorted.at(-1);
      if (last === undefined || key.compare(last, row) !== 0) {
        sorted.push(row);
      } else if (replaces(row, last)) {
        sorted[sorted.length - 1] = row;
      }
    }
  }
  return sorted;
}

/** The rows of each three names, in the order of the names. A row mostly has the names of the one before. */
function groupByNames<T>(rows: readonly T[], [first, second, third]: RowKey<T>['names']): T[][] {
  const tree = new Map<unknown, Map<unknown, Map<unknown, T[]>>>();
  const groups: T[][] = [];
  for (const row of rows) {
    const branch = getOrAdd(tree, row[first], () => new Map<unknown, Map<unknown, T[]>>());
    const twig = getOrAdd(branch, row[second], () => new Map<unknown, T[]>());
    const group = getOrAdd(twig, row[third], () => {
      const added: T[] = [];
      groups.push(added);
      return added;
    });
    group.push(row);
  }
  return groups.sort(([a], [b]) => compareNames(a as T, b as T, [first, second, third]));
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
