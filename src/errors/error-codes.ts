import type { ErrorKind } from './kinds.ts';

/**
 * Whether what failed was certainly undone:
 * - `no-effect`: the statement had no effect, so it may always be tried again;
 * - `unsure`: it may have had its effect, so only what is idempotent may be tried again;
 * - `never`: trying again gives the same answer.
 */
export type Repeat = 'no-effect' | 'unsure' | 'never';

/** What a code means and what to do about it. */
export interface CodeMeaning {
  readonly kind: ErrorKind;
  readonly repeat: Repeat;
  /** The next step, put at the end of the message. */
  readonly advice: string;
}

const meaning = (kind: ErrorKind, repeat: Repeat, advice: string): CodeMeaning => ({ kind, repeat, advice });

const CLOSED = meaning('closed', 'never', 'make a new instance');
const MIGRATE = 'run `tradestore migrate up`, then `tradestore migrate check`';
const PASSWORD = 'check DB_USER and DB_PASSWORD (or DATABASE_URL) and what the server grants that user';
const REACH = 'check that the server is up and that DB_HOST and DB_PORT (or DATABASE_URL) point at it';
const AGAIN = 'nothing of it was stored; make the call again';
const TOO_MANY = 'raise max_connections on the server or lower the pool size (DB_POOL_MAX) of its clients';
const PACKET = 'raise max_allowed_packet on the server, or store a smaller payload';
const READ_ONLY = 'point the client at the writable primary, or switch read_only off on the server';
const TOO_LONG = 'the value was refused, not cut; compare the table with `tradestore migrate check`';
const STATEMENT_TIME = 'narrow the time range, or raise the time limit';

/**
 * Server error numbers of MySQL and MariaDB.
 * Source: the servers' error references (mysql 9.x "Server Error Message Reference", MariaDB "Error Codes"),
 * each one raised on a real server by the tests where a server can be made to raise it.
 */
export const SERVER_ERRORS: Readonly<Record<number, CodeMeaning>> = {
  1022: meaning('duplicate', 'never', 'choose another value, or update the stored row'),
  1062: meaning('duplicate', 'never', 'choose another value, or update the stored row'),
  1586: meaning('duplicate', 'never', 'choose another value, or update the stored row'),
  1213: meaning('deadlock', 'no-effect', AGAIN),
  1614: meaning('deadlock', 'no-effect', AGAIN), // ER_XA_RBDEADLOCK
  3101: meaning('deadlock', 'no-effect', AGAIN), // certification failure of Group Replication
  1205: meaning('lock-timeout', 'no-effect', 'find the transaction that holds the lock; then make the call again'),
  3572: meaning('lock-timeout', 'no-effect', 'find the transaction that holds the lock; then make the call again'),
  1040: meaning('connection', 'no-effect', TOO_MANY),
  1203: meaning('connection', 'no-effect', TOO_MANY),
  1226: meaning('connection', 'no-effect', TOO_MANY),
  1047: meaning('connection', 'no-effect', 'the cluster node has no quorum; wait for it or use another node'),
  1053: meaning('connection', 'unsure', REACH), // ER_SERVER_SHUTDOWN
  1077: meaning('connection', 'unsure', REACH),
  1079: meaning('connection', 'unsure', REACH),
  1152: meaning('connection', 'unsure', REACH),
  1158: meaning('connection', 'unsure', REACH),
  1159: meaning('connection', 'unsure', REACH),
  1160: meaning('connection', 'unsure', REACH),
  1161: meaning('connection', 'unsure', REACH),
  1184: meaning('connection', 'unsure', REACH),
  1927: meaning('connection', 'unsure', REACH), // ER_CONNECTION_KILLED (MariaDB)
  2006: meaning('connection', 'unsure', REACH),
  2013: meaning('connection', 'unsure', REACH),
  3169: meaning('connection', 'unsure', REACH), // ER_SESSION_WAS_KILLED
  4031: meaning('connection', 'unsure', REACH), // ER_CLIENT_INTERACTION_TIMEOUT
  1317: meaning('timeout', 'unsure', 'the statement was interrupted on the server'),
  1969: meaning('timeout', 'unsure', STATEMENT_TIME), // max_statement_time (MariaDB)
  3024: meaning('timeout', 'unsure', STATEMENT_TIME), // max_execution_time (MySQL)
  1290: meaning('read-only', 'no-effect', READ_ONLY),
  1792: meaning('read-only', 'never', 'the transaction was opened with { readOnly: true }'),
  1836: meaning('read-only', 'no-effect', READ_ONLY),
  3100: meaning('read-only', 'no-effect', 'the group has lost its majority; wait for it or use another node'),
  1044: meaning('access-denied', 'never', PASSWORD),
  1045: meaning('access-denied', 'never', PASSWORD),
  1095: meaning('access-denied', 'never', PASSWORD),
  1130: meaning('access-denied', 'never', PASSWORD),
  1142: meaning('access-denied', 'never', 'grant the missing privilege on the table to this user'),
  1143: meaning('access-denied', 'never', 'grant the missing privilege on the column to this user'),
  1227: meaning('access-denied', 'never', 'grant the missing privilege to this user'),
  1370: meaning('access-denied', 'never', 'grant the missing privilege to this user'),
  1410: meaning('access-denied', 'never', 'grant the missing privilege to this user'),
  1698: meaning('access-denied', 'never', PASSWORD),
  1820: meaning('access-denied', 'never', 'set a new password for this user'),
  3118: meaning('access-denied', 'never', 'the account is locked; unlock it on the server'),
  1046: meaning('configuration', 'never', 'set DB_NAME, or name the database in DATABASE_URL'),
  1049: meaning('configuration', 'never', 'create the database, or correct DB_NAME (or DATABASE_URL)'),
  1115: meaning('configuration', 'never', 'the server must support utf8mb4 (MySQL 8.0, MariaDB 10.6 or later)'),
  1153: meaning('configuration', 'never', PACKET),
  1301: meaning('configuration', 'never', PACKET),
  1020: meaning('conflict', 'no-effect', 'read the row again and decide anew'), // ER_CHECKREAD
  1048: meaning('constraint', 'never', 'give the field a value'),
  1264: meaning('constraint', 'never', TOO_LONG),
  1265: meaning('constraint', 'never', TOO_LONG),
  1292: meaning('constraint', 'never', TOO_LONG),
  1364: meaning('constraint', 'never', 'give the field a value'),
  1366: meaning('constraint', 'never', TOO_LONG),
  1406: meaning('constraint', 'never', TOO_LONG),
  1451: meaning('constraint', 'never', 'another row refers to this one'),
  1452: meaning('constraint', 'never', 'the row it refers to does not exist'),
  3140: meaning('constraint', 'never', 'the text is not valid JSON'),
  3151: meaning('constraint', 'never', 'a key of the JSON text is longer than the server takes'),
  3157: meaning('constraint', 'never', 'the JSON text is nested too deeply'),
  3819: meaning('constraint', 'never', 'a CHECK of the table refused the value'),
  4025: meaning('constraint', 'never', 'a CHECK of the table refused the value'), // MariaDB's 3819
  1021: meaning('configuration', 'no-effect', "the server's disk is full; free room there"),
  1114: meaning('configuration', 'no-effect', "the table's disk is full; free room on the server"),
  1054: meaning('schema', 'never', MIGRATE),
  1136: meaning('schema', 'never', MIGRATE),
  1146: meaning('schema', 'never', MIGRATE),
  1050: meaning('schema', 'never', 'see what exists with `tradestore migrate status`'),
  1060: meaning('schema', 'never', 'see what exists with `tradestore migrate status`'),
  1091: meaning('schema', 'never', 'see what exists with `tradestore migrate status`'),
};

/** Codes of Node's network layer and of the mysql2 driver. Source: Node "Common system errors", mysql2's lib/. */
export const CLIENT_CODES: Readonly<Record<string, CodeMeaning>> = {
  ECONNREFUSED: meaning('connection', 'no-effect', REACH),
  ENOTFOUND: meaning('connection', 'no-effect', REACH),
  EAI_AGAIN: meaning('connection', 'no-effect', REACH),
  EHOSTUNREACH: meaning('connection', 'no-effect', REACH),
  ENETUNREACH: meaning('connection', 'no-effect', REACH),
  ENOENT: meaning('connection', 'no-effect', 'check DB_SOCKET: there is no such socket'),
  ETIMEDOUT: meaning('connection', 'unsure', REACH),
  ECONNRESET: meaning('connection', 'unsure', REACH),
  EPIPE: meaning('connection', 'unsure', REACH),
  ECONNABORTED: meaning('connection', 'unsure', REACH),
  PROTOCOL_CONNECTION_LOST: meaning('connection', 'unsure', REACH),
  PROTOCOL_SEQUENCE_TIMEOUT: meaning(
    'timeout',
    'unsure',
    'raise queryTimeoutMs (DB_QUERY_TIMEOUT_MS), or look at the server',
  ),
  HANDSHAKE_SSL_ERROR: meaning('connection', 'no-effect', 'check the TLS settings of client and server'),
  HANDSHAKE_NO_SSL_SUPPORT: meaning('configuration', 'never', 'the server does not speak TLS'),
  ER_GET_CONNECTION_TIMEOUT: meaning('timeout', 'no-effect', ''),
  MIGRATION_LOCK_TIMEOUT: meaning('lock-timeout', 'never', 'wait for it, or raise DB_MIGRATION_LOCK_TIMEOUT_MS'),
};

/**
 * Primary result codes of SQLite (`errcode & 0xff`). Source: sqlite.org/rescode.html.
 * The primary code 1 covers many faults, told apart by {@link SQLITE_MESSAGES}.
 */
export const SQLITE_CODES: Readonly<Record<number, CodeMeaning>> = {
  3: meaning('access-denied', 'never', "check the file's permissions"),
  5: meaning('lock-timeout', 'no-effect', 'another process holds the file; make the call again'),
  6: meaning('lock-timeout', 'no-effect', 'another statement holds the table; make the call again'),
  7: meaning('unknown', 'never', 'SQLite is out of memory'),
  8: meaning('read-only', 'never', 'the file, its folder or the transaction takes no writes'),
  9: meaning('timeout', 'unsure', 'the statement was interrupted'),
  10: meaning('connection', 'unsure', 'the disk reported an error; look at it before going on'),
  11: meaning('unknown', 'never', 'the file is damaged; restore it from a copy'),
  13: meaning('configuration', 'no-effect', 'the disk is full; free room there'),
  14: meaning('connection', 'no-effect', 'check that the folder of DATABASE_URL exists and may be written'),
  17: meaning('schema', 'no-effect', MIGRATE),
  18: meaning('constraint', 'never', 'the value is too big for SQLite'),
  19: meaning('constraint', 'never', 'a constraint of the table refused the value'),
  26: meaning('configuration', 'never', 'DATABASE_URL names a file that is not an SQLite database'),
};

/** Extended result codes of SQLite that say more than their primary code. */
export const SQLITE_EXTENDED_CODES: Readonly<Record<number, CodeMeaning>> = {
  1555: meaning('duplicate', 'never', 'choose another value, or update the stored row'), // PRIMARYKEY
  2067: meaning('duplicate', 'never', 'choose another value, or update the stored row'), // UNIQUE
};

/** Messages of SQLite's generic error 1, which has no finer code. */
export const SQLITE_MESSAGES: readonly (readonly [RegExp, CodeMeaning])[] = [
  [/no such (table|column)|has no column named/, meaning('schema', 'never', MIGRATE)],
  [/already exists/, meaning('schema', 'never', 'see what exists with `tradestore migrate status`')],
];

/** Messages of mysql2 that carry no code at all. */
export const DRIVER_MESSAGES: readonly (readonly [RegExp, CodeMeaning])[] = [
  // a connection that the server closed while it was idle inside a transaction
  [/closed state|Connection lost|Server closed the connection/i, meaning('connection', 'unsure', REACH)],
  [/Pool is closed|^aborted$|driver has already been destroyed|database is not open/i, CLOSED],
];
