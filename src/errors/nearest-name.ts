const LONGEST_NAME = 40;

/** Our fields and options, and what other libraries and exchanges call them, in small letters without `_` and `-`. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['close', 'c'],
  ['closed', 'isclosed'],
  ['dataType', 'channel type'],
  ['database', 'db dbname'],
  ['directory', 'dir path'],
  ['endTime', 'before closetime end to until'],
  ['forceUpdate', 'force overwrite'],
  ['high', 'h'],
  ['host', 'hostname server'],
  ['intervalMs', 'interval'],
  ['logQueries', 'debug'],
  ['logger', 'log'],
  ['low', 'l'],
  ['name', 'username'],
  ['olderThan', 'before'],
  ['open', 'o'],
  ['order', 'sort'],
  ['password', 'pass passwd pwd'],
  ['payload', 'body data event json message msg'],
  ['pool.max', 'connectionlimit maxconnections maxsize poolsize size'],
  ['pool.min', 'minsize'],
  ['rawData', 'data json message msg raw'],
  ['socketPath', 'path socket'],
  ['sourceId', 'id'],
  ['startTime', 'from opentime since start time timestamp ts'],
  ['strategyName', 'strategy'],
  ['symbol', 'coin instrument market pair ticker'],
  ['timeframe', 'interval period'],
  ['timestamp', 'time ts'],
  ['tls', 'ssl'],
  ['tradeCount', 'trades'],
  ['url', 'connectionstring dsn uri'],
  ['user', 'username'],
  ['virtualBalance', 'balance'],
  ['volume', 'amount size v vol'],
]);

/**
 * The known name that an unknown one most likely stands for: the same letters in another form, another word for it,
 * or a slip of the fingers. Names of the same letters inside a group (`pool.min`) count too.
 *
 * @example nearestName('ulr', ['url', 'host']) // 'url'
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (given.length > LONGEST_NAME) {
    return undefined;
  }
  const plain = plainName(given);
  const same = known.find((name) => plainName(name) === plain);
  const other = known.find((name) => OTHER_NAMES.get(name)?.split(' ').includes(plain));
  const inside = known.find((name) => plainName(name.slice(name.indexOf('.') + 1)) === plain);
  return same ?? other ?? inside ?? nearestSpelling(plain, known);
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/** The one name that is fewest slips away, and not more than a third of its letters. */
function nearestSpelling(plain: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(plain.length / 3));
  const near = known
    .map((name) => ({ name, slips: slipsBetween(plain, plainName(name)) }))
    .filter(({ slips, name }) => slips <= most && slips < name.length - 1)
    .sort((a, b) => a.slips - b.slips);
  return near[0] !== undefined && near[0].slips !== near[1]?.slips ? near[0].name : undefined;
}

/** Letters to add, leave out, change or swap. */
function slipsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
          ? at(row - 2, column - 2) + 1
          : changed;
      (rows[row] as number[]).push(Math.min(changed, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
