const LONGEST_NAME = 40;

/** What other libraries and exchanges call our fields and options, in small letters without `_` and `-`. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  amount: ['volume'],
  balance: ['virtualBalance'],
  before: ['olderThan', 'endTime'],
  body: ['payload'],
  c: ['close'],
  channel: ['dataType'],
  closetime: ['endTime'],
  coin: ['symbol'],
  connectionlimit: ['pool.max'],
  connectionstring: ['url'],
  data: ['payload', 'rawData'],
  db: ['database'],
  dbname: ['database'],
  debug: ['logQueries'],
  dir: ['directory'],
  dsn: ['url'],
  end: ['endTime'],
  event: ['payload'],
  force: ['forceUpdate'],
  from: ['startTime'],
  h: ['high'],
  hostname: ['host'],
  id: ['sourceId'],
  instrument: ['symbol'],
  interval: ['timeframe', 'intervalMs'],
  isclosed: ['closed'],
  json: ['payload', 'rawData'],
  l: ['low'],
  log: ['logger'],
  market: ['symbol'],
  maxconnections: ['pool.max'],
  maxsize: ['pool.max'],
  message: ['payload', 'rawData'],
  minsize: ['pool.min'],
  msg: ['payload', 'rawData'],
  o: ['open'],
  opentime: ['startTime'],
  overwrite: ['forceUpdate'],
  pair: ['symbol'],
  pass: ['password'],
  passwd: ['password'],
  path: ['directory', 'socketPath'],
  period: ['timeframe'],
  poolsize: ['pool.max'],
  pwd: ['password'],
  raw: ['rawData'],
  server: ['host'],
  since: ['startTime'],
  size: ['volume', 'pool.max'],
  socket: ['socketPath'],
  sort: ['order'],
  ssl: ['tls'],
  start: ['startTime'],
  strategy: ['strategyName'],
  ticker: ['symbol'],
  time: ['startTime', 'timestamp'],
  timestamp: ['startTime'],
  to: ['endTime'],
  trades: ['tradeCount'],
  ts: ['startTime', 'timestamp'],
  type: ['dataType'],
  until: ['endTime'],
  uri: ['url'],
  username: ['user', 'name'],
  v: ['volume'],
  vol: ['volume'],
};

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
  const other = Object.hasOwn(OTHER_NAMES, plain)
    ? OTHER_NAMES[plain]?.find((name) => known.includes(name))
    : undefined;
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
