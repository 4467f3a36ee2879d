import type { ErrorKind } from './kinds.ts';

/**
 * Whether a failed statement certainly had no effect:
 * - `no-effect`: the statement had no effect, so it may always be retried;
 * - `indeterminate`: it may have had its effect, so only idempotent work may be retried;
 * - `never`: a retry would fail in the same way.
 */
export type Repeat = 'no-effect' | 'indeterminate' | 'never';

export interface CodeMeaning {
  readonly kind: ErrorKind;
  readonly repeat: Repeat;
  /** What to do next: the end of the message. */
  readonly advice: string;
}

const meaning = (kind: ErrorKind, repeat: Repeat, advice: string): CodeMeaning => ({ kind, repeat, advice });
/** The meaning of what fails in the same way each time. */
const never = (kind: ErrorKind, advice: string): CodeMeaning => meaning(kind, 'never', advice);

const CLOSED = never('closed', 'make a new instance');
const MIGRATE = 'run `tradestore migrate up`, then `tradestore migrate check`';
const PASSWORD =
  'check DB_USER and DB_PASSWORD (or DATABASE_URL), what the server grants that user, and whether it wants TLS (DB_TLS)';
const GRANT = 'grant the missing privilege on the table to this user; what each role needs is in docs/accounts.sql';
const REACH = 'check that the server is up and that DB_HOST and DB_PORT (or DATABASE_URL) point at it';
const INSTALL_AGAIN = 'a part of the installation is missing: install tradestore and its dependencies again';
const AGAIN = 'nothing of it was stored; make the call again';
const TOO_MANY = 'raise max_connections on the server or lower the pool size (DB_POOL_MAX) of its clients';
const PACKET = 'raise max_allowed_packet on the server, or store a smaller payload';
const READ_ONLY = 'point the client at the writable primary, or switch read_only off on the server';
const TOO_LONG = 'the value was refused, not cut; compare the table with `tradestore migrate check`';
const UNTRUSTED = never(
  'configuration',
  'name the authority that signed the certificate of the server in tls.ca (DB_TLS_CA); tls.verify: false ' +
    '(DB_TLS_VERIFY=false) would encrypt for any server that answers, and { tls: false } (DB_TLS=false) not at all',
);
const SYNTAX = 'correct the statement; one call sends one statement';
const SERVER_SYNTAX = `${SYNTAX}; where only a text in quotes can stand (COMMENT, IDENTIFIED BY), ? gives plain ASCII alone`;
const COLLATION = 'name a collation beside the value: ? collate utf8mb4_bin, or that of DB_CHARSET';
const STATEMENT_TIME = 'narrow the time range, or raise the time limit';
const UNREACHED = meaning('connection', 'no-effect', REACH);
const LOST = meaning('connection', 'indeterminate', REACH);

/**
 * Server error numbers of MySQL and MariaDB.
 * Source: the servers' error references (mysql 9.x "Server Error Message Reference", MariaDB "Error Codes"),
 * each one raised on a real server by the tests where a server can be made to raise it. Those of a cluster:
 * MySQL "Group Replication Limitations" (3100, 3101), Galera "Certification-Based Replication" (1180, 1213) and
 * "WSREP has not yet prepared node for application use" (1047).
 */
export const SERVER_ERRORS: Readonly<Record<number, CodeMeaning>> = {
  1022: never('duplicate', 'choose another value, or update the stored row'),
  1062: never('duplicate', 'choose another value, or update the stored row'),
  1586: never('duplicate', 'choose another value, or update the stored row'),
  1213: meaning('deadlock', 'no-effect', AGAIN),
  1614: meaning('deadlock', 'no-effect', AGAIN), // ER_XA_RBDEADLOCK
  3101: meaning('deadlock', 'no-effect', AGAIN), // certification failure of Group Replication
  // Galera's, where certification fails as late as the commit; the number alone does not say so
  1180: meaning('deadlock', 'indeterminate', 'the commit failed; the message says why'),
  1205: meaning('lock-timeout', 'no-effect', 'find the transaction that holds the lock; then make the call again'),
  3572: meaning('lock-timeout', 'no-effect', 'find the transaction that holds the lock; then make the call again'),
  1637: meaning('lock-timeout', 'no-effect', AGAIN), // ER_TOO_MANY_CONCURRENT_TRXS
  1040: meaning('connection', 'no-effect', TOO_MANY),
  1203: meaning('connection', 'no-effect', TOO_MANY), // ER_TOO_MANY_USER_CONNECTIONS
  1226: meaning('connection', 'no-effect', TOO_MANY), // ER_USER_LIMIT_REACHED
  1041: meaning('connection', 'no-effect', 'the server is out of memory; free some there'),
  1135: meaning('connection', 'no-effect', TOO_MANY), // ER_CANT_CREATE_THREAD
  1043: UNREACHED, // ER_HANDSHAKE_ERROR: cut off while greeting
  1129: meaning(
    'connection',
    'no-effect',
    'the server blocks this host after too many cut-off attempts: flush its hosts',
  ),
  3032: meaning('connection', 'no-effect', 'the server is in offline mode; wait for it or use another one'),
  1047: meaning('connection', 'no-effect', 'the cluster node has no quorum; wait for it or use another node'),
  1053: LOST, // ER_SERVER_SHUTDOWN
  1077: LOST,
  1079: LOST,
  1152: LOST,
  1156: LOST, // ER_NET_PACKETS_OUT_OF_ORDER
  1157: LOST, // ER_NET_UNCOMPRESS_ERROR
  1158: LOST,
  1159: LOST,
  1160: LOST,
  1161: LOST,
  1184: LOST,
  1927: LOST, // ER_CONNECTION_KILLED (MariaDB)
  2006: LOST,
  2013: LOST,
  9001: LOST, // ProxySQL: no server reached in time, maybe at a second try
  9002: LOST, // ProxySQL: connecting to a server failed
  3169: LOST, // ER_SESSION_WAS_KILLED
  1317: meaning('timeout', 'indeterminate', 'the statement was interrupted on the server'),
  1969: meaning('timeout', 'indeterminate', STATEMENT_TIME), // max_statement_time (MariaDB)
  3024: meaning('timeout', 'indeterminate', STATEMENT_TIME), // max_execution_time (MySQL)
  1290: meaning('read-only', 'no-effect', READ_ONLY),
  1792: never(
    'read-only',
    'the transaction is read-only: open it without { readOnly: true }, or take SET TRANSACTION READ ONLY out of what it sends',
  ),
  1836: meaning('read-only', 'no-effect', READ_ONLY),
  3100: meaning('read-only', 'no-effect', 'the group has lost its majority; wait for it or use another node'),
  1044: never('access-denied', PASSWORD),
  1045: never('access-denied', PASSWORD),
  1095: never('access-denied', PASSWORD),
  1130: never('access-denied', PASSWORD),
  1142: never('access-denied', GRANT),
  1143: never('access-denied', 'grant the missing privilege on the column to this user'),
  1227: never('access-denied', 'grant the missing privilege to this user'),
  1370: never('access-denied', 'grant the missing privilege to this user'),
  1410: never('access-denied', 'grant the missing privilege to this user'),
  1698: never('access-denied', PASSWORD),
  1820: never('access-denied', 'set a new password for this user'),
  1862: never('access-denied', 'set a new password for this user'),
  3118: never('access-denied', 'the account is locked; unlock it on the server'),
  3955: never('access-denied', 'the account is locked after wrong passwords; unlock it on the server'),
  // MariaDB's 3118; that of MySQL is of a bulk load, which this library never asks for
  4151: never('access-denied', 'the account is locked; unlock it on the server'),
  1064: never('invalid-input', SERVER_SYNTAX),
  1149: never('invalid-input', SERVER_SYNTAX),
  1267: never('invalid-input', COLLATION),
  1270: never('invalid-input', COLLATION),
  1271: never('invalid-input', COLLATION),
  1397: never('conflict', 'it is not prepared any more: somebody has finished it, or it never was'), // ER_XAER_NOTA
  1399: never('invalid-input', 'a transaction in two phases ends by prepare() alone'), // ER_XAER_RMFAIL
  1401: never('access-denied', 'grant XA_RECOVER_ADMIN to this user (MySQL 8)'), // ER_XAER_RMERR
  1402: never('conflict', 'the server has undone it; nothing of it was stored'), // ER_XA_RBROLLBACK
  1440: never('duplicate', 'finish the one of this name (twoPhase.recover()), or choose another'), // ER_XAER_DUPID
  1613: never('conflict', 'the server has undone it; nothing of it was stored'), // ER_XA_RBTIMEOUT
  1046: never('configuration', 'set DB_NAME, or name the database in DATABASE_URL'),
  1049: never('configuration', 'create the database, or correct DB_NAME (or DATABASE_URL)'),
  1115: never('configuration', 'the server must support utf8mb4 (MySQL 8.0, MariaDB 10.6 or later)'),
  1153: never('configuration', PACKET),
  1301: never('configuration', PACKET),
  1231: never('configuration', 'compare sqlMode (DB_SQL_MODE) with what this version of the server knows'),
  1273: never('configuration', 'compare charset (DB_CHARSET) with what this version of the server knows'),
  3159: never('configuration', 'the server wants TLS: switch it on with { tls: true } (DB_TLS=true)'),
  1412: meaning('conflict', 'no-effect', AGAIN), // ER_TABLE_DEF_CHANGED
  1020: meaning('conflict', 'no-effect', 'read the row again and decide again'), // ER_CHECKREAD
  1048: never('constraint', 'give the field a value'),
  1264: never('constraint', TOO_LONG),
  1265: never('constraint', TOO_LONG),
  1292: never('constraint', TOO_LONG),
  1364: never(
    'constraint',
    'give the field a value; where a newer version has added it, install that version of tradestore here too',
  ),
  1366: never('constraint', TOO_LONG),
  1406: never('constraint', TOO_LONG),
  1451: never('constraint', 'another row refers to this one'),
  1452: never('constraint', 'the row it refers to does not exist'),
  1526: never('constraint', 'the table has no partition for the value; add one'),
  1748: never('constraint', 'the table has no partition for the value; add one'),
  3140: never('constraint', 'the text is not valid JSON'),
  3151: never('constraint', 'a key of the JSON text is longer than the server takes'),
  3157: never('constraint', 'the JSON text is nested too deeply'),
  3819: never('constraint', 'a CHECK of the table refused the value'),
  1021: meaning('configuration', 'no-effect', "the server's disk is full; free room there"),
  1114: meaning('configuration', 'no-effect', "the table's disk is full; free room on the server"),
  1054: never('schema', MIGRATE),
  1136: never('schema', MIGRATE),
  1146: never('schema', MIGRATE),
  1050: never('schema', 'see what exists with `tradestore migrate status`'),
  1060: never('schema', 'see what exists with `tradestore migrate status`'),
  1091: never('schema', 'see what exists with `tradestore migrate status`'),
};

/**
 * Server errors by their names, where the other server has given the number to another one. Source: MySQL "Server
 * Error Message Reference", MariaDB source, sql/share/errmsg-utf8.txt.
 */
export const SERVER_NAMES: Readonly<Record<string, CodeMeaning>> = {
  ER_CLIENT_INTERACTION_TIMEOUT: LOST, // MySQL's 4031
  ER_CONSTRAINT_FAILED: never('constraint', 'a CHECK of the table refused the value'), // MariaDB's 4025
};

/** What refuses a statement by 1290, by its name in the message, where it is not that the server is read-only. */
export const OTHER_OPTION: CodeMeaning = never(
  'configuration',
  'an option of the server does not allow it; the message names it',
);

/** What 1047 means from a proxy: it does not support the command. Source: ProxySQL, MySQL_Session.cpp. */
export const UNKNOWN_COMMAND: CodeMeaning = meaning(
  'configuration',
  'never',
  'the server, or a proxy in front of it, does not take this command',
);

/** Codes of Node's network layer and of the mysql2 driver. Source: Node "Common system errors", mysql2's lib/. */
export const CLIENT_CODES: Readonly<Record<string, CodeMeaning>> = {
  ECONNREFUSED: UNREACHED,
  ENOTFOUND: UNREACHED,
  EAI_AGAIN: UNREACHED,
  EHOSTDOWN: UNREACHED,
  ENETDOWN: UNREACHED,
  EADDRNOTAVAIL: meaning('connection', 'no-effect', 'this machine has no port left; close connections'),
  EHOSTUNREACH: UNREACHED,
  ENETUNREACH: UNREACHED,
  ENOENT: meaning('connection', 'no-effect', 'check DB_SOCKET: there is no such socket'),
  ETIMEDOUT: LOST,
  ECONNRESET: LOST,
  EPIPE: LOST,
  ECONNABORTED: LOST,
  PROTOCOL_CONNECTION_LOST: LOST,
  PROTOCOL_PACKETS_OUT_OF_ORDER: LOST,
  ERR_STREAM_DESTROYED: LOST,
  ERR_STREAM_WRITE_AFTER_END: LOST,
  PROTOCOL_SEQUENCE_TIMEOUT: meaning(
    'timeout',
    'indeterminate',
    'raise queryTimeoutMs (DB_QUERY_TIMEOUT_MS), or look at the server',
  ),
  // the ORM and the drivers are loaded by the first connection. Source: Node.js "Errors"
  ERR_MODULE_NOT_FOUND: never('configuration', INSTALL_AGAIN),
  ERR_PACKAGE_PATH_NOT_EXPORTED: never('configuration', INSTALL_AGAIN),
  HANDSHAKE_SSL_ERROR: never('configuration', 'compare the TLS settings of client and server'),
  HANDSHAKE_NO_SSL_SUPPORT: never(
    'configuration',
    'give the server a certificate, or switch TLS off by name with { tls: false } (DB_TLS=false)',
  ),
  // of a certificate. Source: OpenSSL "X509_STORE_CTX_get_error", Node "ERR_TLS_CERT_ALTNAME_INVALID"
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  CERT_REVOKED: never('configuration', "renew the server's certificate"),
  CERT_HAS_EXPIRED: never('configuration', "renew the server's certificate"),
  CERT_NOT_YET_VALID: never('configuration', 'set the clocks of client and server'),
  ERR_TLS_CERT_ALTNAME_INVALID: never(
    'configuration',
    "connect by a name that is in the server's certificate, give that as tls.serverName (DB_TLS_SERVER_NAME), or " +
      "leave the name out with tls.verify: 'ca' (DB_TLS_VERIFY=ca)",
  ),
  TLS_FILES_UNUSABLE: meaning('configuration', 'no-effect', 'look at DB_TLS_CA, DB_TLS_CERT and DB_TLS_KEY'),
  COMPRESSION_NOT_SUPPORTED: never('configuration', 'switch off compress (DB_COMPRESS), or let the server'),
  UNEXPECTED_NULL: never('schema', 'compare the table with `tradestore migrate check`'),
  IMPOSSIBLE_DATE: never('unknown', 'correct the row, which was written with ALLOW_INVALID_DATES'),
  DRIVER_CHANGED: never(
    'configuration',
    'nothing is read by a driver that is not known: install the version of mysql2 that this package names',
  ),
  INIT_STATEMENT_FAILED: never('configuration', 'correct initStatements (DB_INIT_STATEMENTS)'),
  ER_GET_CONNECTION_TIMEOUT: meaning('timeout', 'no-effect', ''),
  // the same where it is the server that does not answer, and not the callers who are too many
  CONNECTIONS_SILENT: UNREACHED,
  TABLES_NOT_SHOWN: never(
    'access-denied',
    'do it as the user that migrates, who has REFERENCES on the database (docs/accounts.sql)',
  ),
  SEVERAL_STATEMENTS: never('invalid-input', 'send one statement at a time'),
  QUOTING_LOST: never(
    'configuration',
    'leave the encoding (SET NAMES, character_set_…) and NO_BACKSLASH_ESCAPES alone: values would not be what they are given as',
  ),
  TRANSACTION_ENDED: never(
    'closed',
    'what came before it was stored; take COMMIT, ROLLBACK and what commits by itself out of what a transaction calls',
  ),
  // the version under which a transaction has read a bot: run again, it reads the one that is stored
  VERSION_CHANGED: meaning('conflict', 'no-effect', 'read it again and decide again'),
  LOG_UNREADABLE: never(
    'read-only',
    'open the file once where it may be written, and close it again: that takes the log in',
  ),
  DECIMAL_OUT_OF_RANGE: never('constraint', TOO_LONG),
  COLUMNS_CHANGED: never('schema', '`tradestore migrate check` shows the statements that mend it'),
  TRANSACTION_LEFT_OPEN: meaning(
    'configuration',
    'indeterminate',
    'what was sent in that transaction is not stored; look for a procedure that begins one, or for what sets autocommit ' +
      'or completion_type on the way to the server',
  ),
  MIGRATION_WOULD_LOSE: never('constraint', 'delete those candles first, or keep this version'),
  MIGRATION_LOCK_TIMEOUT: never('lock-timeout', 'wait for it, or raise DB_MIGRATION_LOCK_TIMEOUT_MS'),
};

/**
 * Primary result codes of SQLite (`errcode & 0xff`). Source: sqlite.org/rescode.html.
 * The primary code 1 covers many faults, told apart by {@link SQLITE_MESSAGES}.
 */
export const SQLITE_CODES: Readonly<Record<number, CodeMeaning>> = {
  3: never('access-denied', "check the file's permissions"),
  5: meaning('lock-timeout', 'no-effect', 'another process holds the file; make the call again'),
  6: meaning('lock-timeout', 'no-effect', 'another statement holds the table; make the call again'),
  7: never('unknown', 'SQLite is out of memory'),
  8: never('read-only', 'the file, its folder or the transaction takes no writes'),
  9: meaning('timeout', 'indeterminate', 'the statement was interrupted'),
  10: meaning('connection', 'indeterminate', 'the disk reported an error; look at it before going on'),
  11: never('unknown', 'the file is damaged; restore it from a copy'),
  13: meaning('configuration', 'no-effect', 'the disk is full; free room there'),
  14: meaning('connection', 'no-effect', 'check that the folder of DATABASE_URL exists and may be written'),
  17: meaning('schema', 'no-effect', MIGRATE),
  18: never('constraint', 'the value is too big for SQLite'),
  19: never('constraint', 'a constraint of the table refused the value'),
  26: never('configuration', 'DATABASE_URL names a file that is not an SQLite database'),
};

/** Extended result codes of SQLite that say more than their primary code. */
export const SQLITE_EXTENDED_CODES: Readonly<Record<number, CodeMeaning>> = {
  1555: never('duplicate', 'choose another value, or update the stored row'), // PRIMARYKEY
  2067: never('duplicate', 'choose another value, or update the stored row'), // UNIQUE
};

/** Messages of SQLite's generic error 1, which has no finer code. */
export const SQLITE_MESSAGES: readonly (readonly [RegExp, CodeMeaning])[] = [
  [/no such (table|column)|has no column named|ON CONFLICT clause does not match/, never('schema', MIGRATE)],
  [/syntax error|incomplete input|unrecognized token/, never('invalid-input', SYNTAX)],
  [
    /too many SQL variables/,
    never('invalid-input', 'SQLite takes at most 32766 values in one statement; send fewer at a time'),
  ],
  [
    /maximum depth|too many terms/,
    never('invalid-input', 'take the statement apart: an expression has too many parts for SQLite'),
  ],
  [/already exists/, never('schema', 'see what exists with `tradestore migrate status`')],
];

/** Messages of mysql2 that carry no code at all. */
export const DRIVER_MESSAGES: readonly (readonly [RegExp, CodeMeaning])[] = [
  // the driver refuses what comes after the end of a connection: nothing of it is sent
  [/in closed state/i, UNREACHED],
  // a connection that the server closed while it was idle inside a transaction
  [/Connection lost|Server closed the connection/i, LOST],
  [/Pool is closed|^aborted$|driver has already been destroyed|database is not open/i, CLOSED],
];
