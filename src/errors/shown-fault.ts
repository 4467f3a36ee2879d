import { redactSecrets } from './redact.ts';

/** The fields of a database's error that are copied unchanged. */
const SHOWN_FIELDS = ['code', 'errno', 'sqlState', 'errcode', 'fatal', 'connecting', 'silentSince'] as const;

interface Fault {
  readonly message?: unknown;
  readonly sqlMessage?: unknown;
  readonly errno?: unknown;
  readonly errcode?: unknown;
}

/**
 * Server errors whose messages quote only names. Source: MySQL "Server Error Message Reference",
 * MariaDB "Error Codes": any other may quote a value or a part of the statement.
 */
const QUOTES_NAMES: ReadonlySet<unknown> = new Set([
  1040, 1044, 1045, 1046, 1048, 1049, 1050, 1051, 1052, 1054, 1060, 1061, 1072, 1091, 1095, 1109, 1113, 1115, 1129,
  1130, 1136, 1142, 1143, 1146, 1153, 1193, 1203, 1205, 1213, 1226, 1227, 1264, 1265, 1267, 1270, 1271, 1273, 1290,
  1305, 1364, 1370, 1406, 1410, 1451, 1452, 1526, 1698, 1748, 1792, 3159, 3819, 4025,
]);
/** The end of a message, behind a value: it names a key, a column or a position. */
const TAIL = /(?: for (?:key|column) (?:'[^']*'|`[^`]*`(?:\.`[^`]*`)*))?(?: at (?:row|line) \d+)?(?:: syntax error)?$/;

/** The message of a failure, in one line and without values: quoted text that may be a value is replaced by `?`. */
export function shownMessage(error: unknown): string {
  const fault = (typeof error === 'object' && error !== null ? error : {}) as Fault;
  const whole = String(fault.sqlMessage ?? fault.message ?? error);
  return redactSecrets((isOfDatabase(fault) ? withoutValues(whole, fault) : whole).split('\n')[0] ?? '');
}

/** A copy of a driver's error that may be kept and printed: without values and without the statement. */
export function shownCause(cause: unknown): unknown {
  if (!(cause instanceof Error) || !isOfDatabase(cause as Fault)) {
    return cause;
  }
  const message = shownMessage(cause);
  const shown = new Error(message);
  const given = cause as Error & Record<string, unknown>;
  for (const field of SHOWN_FIELDS) {
    if (given[field] !== undefined) {
      Object.assign(shown, { [field]: given[field] });
    }
  }
  // its first lines are the message
  const calls = cause.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? [];
  Object.defineProperties(shown, {
    name: { value: cause.name, configurable: true, writable: true },
    stack: { value: [`${cause.name}: ${message}`, ...calls].join('\n'), configurable: true, writable: true },
  });
  return shown;
}

/** Whether the error comes from a server or SQLite, not from Node.js or a driver. */
function isOfDatabase({ sqlMessage, errcode }: Fault): boolean {
  return typeof sqlMessage === 'string' || typeof errcode === 'number';
}

function withoutValues(message: string, { errno, errcode }: Fault): string {
  // SQLite quotes a part of the statement in a syntax error, and otherwise only names
  const namesOnly = typeof errcode === 'number' ? !/^near |^unrecognized token/.test(message) : QUOTES_NAMES.has(errno);
  const quote = message.search(/['"]/);
  if (namesOnly || quote < 0) {
    return message;
  }
  const tail = TAIL.exec(message)?.[0] ?? '';
  return `${message.slice(0, quote)}?${tail}`;
}
