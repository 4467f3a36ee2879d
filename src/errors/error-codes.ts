import type { ErrorKind } from './kinds.ts';

/**
 * Whether a failed statement certainly had no effect:
 * - `no-effect`: the statement had no effect, so it may always be retried;
 * - `indeterminate`: it may have had its effect, so only idempotent work may be retried;
 * - `never`: a retry would fail in the same way.
 */
export type Repeat = 'no-effect' | 'indeterminate' | 'never';

/** What a code means and what to do about it. */
export interface CodeMeaning {
  readonly kind: ErrorKind;
  readonly repeat: Repeat;
  /** What to do next: the end of the message. */
  readonly advice: string;
}

const meaning = (kind: ErrorKind, repeat: Repeat, advice: string): CodeMeaning => ({ kind, repeat, advice });

const CLOSED = meaning('closed', 'never', 'make a new instance');
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
const UNTRUSTED =
  'name the authority that signed the certificate of the server in tls.ca (DB_TLS_CA); tls.verify: false ' +
  '(DB_TLS_VERIFY=false) would encrypt for any server that answers, and { tls: false } (DB_TLS=false) not at all';
const SYNTAX = 'correct the statement; one call sends one statement';
const SERVER_SYNTAX = `${SYNTAX}; where only a text in quotes can stand (COMMENT, IDENTIFIED BY), ? gives plain ASCII alone`;
const COLLATION = 'name a collation beside the value: ? collate utf8mb4_bin, or that of DB_CHARSET';
const STATEMENT_TIME = 'narrow the time range, or raise the time limit';

/**
 * Server error numbers of MySQL and MariaDB.
 * Source: the servers' error references (mysql 9.x "Server Error Message Reference", MariaDB "Error Codes"),
 * each one raised on a real server by the tests where a server can be made to raise it. Those of a cluster:
 * MySQL "Group Replication Limitations" (3100, 3101), Galera "Certification-Based Replication" (1180, 1213) and
 * "WSREP has not yet prepared node for application use" (1047).
 */
export const SERVER_ERRORS: Readonly<Record<number, CodeMeaning>> = {
  1022: meaning('duplicate', 'never', 'choose another value, or update the stored row'),
  1062: meaning('duplicate', 'never', 'choose another value, or update the stored row'),
  1586: meaning('duplicate', 'never', 'choose another value, or update the stored row'),
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
  1043: meaning('connection', 'no-effect', REACH), // ER_HANDSHAKE_ERROR: cut off while greeting
  1129: meaning(
    'connection',
    'no-effect',
    'the server blocks this host after too many cut-off attempts: flush its hosts',
  ),
  3032: meaning('connection', 'no-effect', 'the server is in offline mode; wait for it or use another one'),
  1047: meaning('connection', 'no-effect', 'the cluster node has no quorum; wait for it or use another node'),
  1053: meaning('connection', 'indeterminate', REACH), // ER_SERVER_SHUTDOWN
  1077: meaning('connection', 'indeterminate', REACH),
  1079: meaning('connection', 'indeterminate', REACH),
  1152: meaning('connection', 'indeterminate', REACH),
  1156: meaning('connection', 'indeterminate', REACH), // ER_NET_PACKETS_OUT_OF_ORDER
  1157: meaning('connection', 'indeterminate', REACH), // ER_NET_UNCOMPRESS_ERROR
  1158: meaning('connection', 'indeterminate', REACH),
  1159: meaning('connection', 'indeterminate', REACH),
  1160: meaning('connection', 'indeterminate', REACH),
  1161: meaning('connection', 'indeterminate', REACH),
  1184: meaning('connection', 'indeterminate', REACH),
  1927: meaning('connection', 'indeterminate', REACH), // ER_CONNECTION_KILLED (MariaDB)
  2006: meaning('connection', 'indeterminate', REACH),
  2013: meaning('connection', 'indeterminate', REACH),
  9001: meaning('connection', 'indeterminate', REACH), // ProxySQL: no server reached in time, maybe at a second try
  9002: meaning('connection', 'indeterminate', REACH), // ProxySQL: connecting to a server failed
  3169: meaning('connection', 'indeterminate', REACH), // ER_SESSION_WAS_KILLED
  1317: meaning('timeout', 'indeterminate', 'the statement was interrupted on the server'),
  1969: meaning('timeout', 'indeterminate', STATEMENT_TIME), // max_statement_time (MariaDB)
  3024: meaning('timeout', 'indeterminate', STATEMENT_TIME), // max_execution_time (MySQL)
  1290: meaning('read-only', 'no-effect', READ_ONLY),
  1792: meaning(
    'read-only',
    'never',
    'the transaction is read-only: open it without { readOnly: true }, or take SET TRANSACTION READ ONLY out of what it sends',
  ),
  1836: meaning('read-only', 'no-effect', READ_ONLY),
  3100: meaning('read-only', 'no-effect', 'the group has lost its majority; wait for it or use another node'),
  1044: meaning('access-denied', 'never', PASSWORD),
  1045: meaning('access-denied', 'never', PASSWORD),
  1095: meaning('access-denied', 'never', PASSWORD),
  1130: meaning('access-denied', 'never', PASSWORD),
  1142: meaning('access-denied', 'never', GRANT),
  1143: meaning('access-denied', 'never', 'grant the missing privilege on the column to this user'),
  1227: meaning('access-denied', 'never', 'grant the missing privilege to this user'),
  1370: meaning('access-denied', 'never', 'grant the missing privilege to this user'),
  1410: meaning('access-denied', 'never', 'grant the missing privilege to this user'),
  1698: meaning('access-denied', 'never', PASSWORD),
  1820: meaning('access-denied', 'never', 'set a new password for this user'),
  1862: meaning('access-denied', 'never', 'set a new password for this user'),
  3118: meaning('access-denied', 'never', 'the account is locked; unlock it on the server'),
  3955: meaning('access-denied', 'never', 'the account is locked after wrong passwords; unlock it on the server'),
  // MariaDB's 3118; that of MySQL is of a bulk load, which this library never asks for
  4151: meaning('access-denied', 'never', 'the account is locked; unlock it on the server'),
  1064: meaning('invalid-input', 'never', SERVER_SYNTAX),
  1149: meaning('invalid-input', 'never', SERVER_SYNTAX),
  1267: meaning('invalid-input', 'never', COLLATION),
  1270: meaning('invalid-input', 'never', COLLATION),
  1271: meaning('invalid-input', 'never', COLLATION),
  1397: meaning('conflict', 'never', 'it is not prepared any more: somebody has finished it, or it never was'), // ER_XAER_NOTA
  1399: meaning('invalid-input', 'never', 'a transaction in two phases ends by prepare() alone'), // ER_XAER_RMFAIL
  1401: meaning('access-denied', 'never', 'grant XA_RECOVER_ADMIN to this user (MySQL 8)'), // ER_XAER_RMERR
  1402: meaning('conflict', 'never', 'the server has undone it; nothing of it was stored'), // ER_XA_RBROLLBACK
  1440: meaning('duplicate', 'never', 'finish the one of this name (twoPhase.recover()), or choose another'), // ER_XAER_DUPID
  1613: meaning('conflict', 'never', 'the server has undone it; nothing of it was stored'), // ER_XA_RBTIMEOUT
  1046: meaning('configuration', 'never', 'set DB_NAME, or name the database in DATABASE_URL'),
  1049: meaning('configuration', 'never', 'create the database, or correct DB_NAME (or DATABASE_URL)'),
  1115: meaning('configuration', 'never', 'the server must support utf8mb4 (MySQL 8.0, MariaDB 10.6 or later)'),
  1153: meaning('configuration', 'never', PACKET),
  1301: meaning('configuration', 'never', PACKET),
  1231: meaning('configuration', 'never', 'compare sqlMode (DB_SQL_MODE) with what this version of the server knows'),
  1273: meaning('configuration', 'never', 'compare charset (DB_CHARSET) with what this version of the server knows'),
  3159: meaning('configuration', 'never', 'the server wants TLS: switch it on with { tls: true } (DB_TLS=true)'),
  1412: meaning('conflict', 'no-effect', AGAIN), // ER_TABLE_DEF_CHANGED
  1020: meaning('conflict', 'no-effect', 'read the row again and decide again'), // ER_CHECKREAD
  1048: meaning('constraint', 'never', 'give the field a value'),
  1264: meaning('constraint', 'never', TOO_LONG),
  1265: meaning('constraint', 'never', TOO_LONG),
  1292: meaning('constraint', 'never', TOO_LONG),
  1364: meaning('constraint', 'never', 'give the field a value'),
  1366: meaning('constraint', 'never', TOO_LONG),
  1406: meaning('constraint', 'never', TOO_LONG),
  1451: meaning('constraint', 'never', 'another row refers to this one'),
  1452: meaning('constraint', 'never', 'the row it refers to does not exist'),
  1526: meaning('constraint', 'never', 'the table has no partition for the value; add one'),
  1748: meaning('constraint', 'never', 'the table has no partition for the value; add one'),
  3140: meaning('constraint', 'never', 'the text is not valid JSON'),
  3151: meaning('constraint', 'never', 'a key of the JSON text is longer than the server takes'),
  3157: meaning('constraint', 'never', 'the JSON text is nested too deeply'),
  3819: meaning('constraint', 'never', 'a CHECK of the table refused the value'),
  1021: meaning('configuration', 'no-effect', "the server's disk is full; free room there"),
  1114: meaning('configuration', 'no-effect', "the table's disk is full; free room on the server"),
  1054: meaning('schema', 'never', MIGRATE),
  1136: meaning('schema', 'never', MIGRATE),
  1146: meaning('schema', 'never', MIGRATE),
  1050: meaning('schema', 'never', 'see what exists with `tradestore migrate status`'),
  1060: meaning('schema', 'never', 'see what exists with `tradestore migrate status`'),
  1091: meaning('schema', 'never', 'see what exists with `tradestore migrate status`'),
};

/**
 * Server errors by their names, where the other server has given the number to another one. Source: MySQL "Server
 * Error Message Reference", MariaDB source, sql/share/errmsg-utf8.txt.
 */
export const SERVER_NAMES: Readonly<Record<string, CodeMeaning>> = {
  ER_CLIENT_INTERACTION_TIMEOUT: meaning('connection', 'indeterminate', REACH), // MySQL's 4031
  ER_CONSTRAINT_FAILED: meaning('constraint', 'never', 'a CHECK of the table refused the value'), // MariaDB's 4025
};

/** What refuses a statement by 1290, by its name in the message, where it is not that the server is read-only. */
export const OTHER_OPTION: CodeMeaning = meaning(
  'configuration',
  'never',
  'an option of the server does not allow it; the message names it',
);

/** What a proxy answers by 1047 that does not take a command. Source: ProxySQL, MySQL_Session.cpp. */
export const UNKNOWN_COMMAND: CodeMeaning = meaning(
  'configuration',
  'never',
  'the server, or a proxy in front of it, does not take this command',
);

/** Codes of Node's network layer and of the mysql2 driver. Source: Node "Common system errors", mysql2's lib/. */
export const CLIENT_CODES: Readonly<Record<string, CodeMeaning>> = {
  ECONNREFUSED: meaning('connection', 'no-effect', REACH),
  ENOTFOUND: meaning('connection', 'no-effect', REACH),
  EAI_AGAIN: meaning('connection', 'no-effect', REACH),
  EHOSTDOWN: meaning('connection', 'no-effect', REACH),
  ENETDOWN: meaning('connection', 'no-effect', REACH),
  EADDRNOTAVAIL: meaning('connection', 'no-effect', 'this machine has no port left; close connections'),
  EHOSTUNREACH: meaning('connection', 'no-effect', REACH),
  ENETUNREACH: meaning('connection', 'no-effect', REACH),
  ENOENT: meaning('connection', 'no-effect', 'check DB_SOCKET: there is no such socket'),
  ETIMEDOUT: meaning('connection', 'indeterminate', REACH),
  ECONNRESET: meaning('connection', 'indeterminate', REACH),
  EPIPE: meaning('connection', 'indeterminate', REACH),
  ECONNABORTED: meaning('connection', 'indeterminate', REACH),
  PROTOCOL_CONNECTION_LOST: meaning('connection', 'indeterminate', REACH),
  PROTOCOL_PACKETS_OUT_OF_ORDER: meaning('connection', 'indeterminate', REACH),
  ERR_STREAM_DESTROYED: meaning('connection', 'indeterminate', REACH),
  ERR_STREAM_WRITE_AFTER_END: meaning('connection', 'indeterminate', REACH),
  PROTOCOL_SEQUENCE_TIMEOUT: meaning(
    'timeout',
    'indeterminate',
    'raise queryTimeoutMs (DB_QUERY_TIMEOUT_MS), or look at the server',
  ),
  // the ORM and the drivers are loaded by the first connection. Source: Node.js "Errors"
  ERR_MODULE_NOT_FOUND: meaning('configuration', 'never', INSTALL_AGAIN),
  ERR_PACKAGE_PATH_NOT_EXPORTED: meaning('configuration', 'never', INSTALL_AGAIN),
  HANDSHAKE_SSL_ERROR: meaning('configuration', 'never', 'compare the TLS settings of client and server'),
  HANDSHAKE_NO_SSL_SUPPORT: meaning(
    'configuration',
    'never',
    'give the server a certificate, or switch TLS off by name with { tls: false } (DB_TLS=false)',
  ),
  // of a certificate. Source: OpenSSL "X509_STORE_CTX_get_error", Node "ERR_TLS_CERT_ALTNAME_INVALID"
  DEPTH_ZERO_SELF_SIGNED_CERT: meaning('configuration', 'never', UNTRUSTED),
  SELF_SIGNED_CERT_IN_CHAIN: meaning('configuration', 'never', UNTRUSTED),
  UNABLE_TO_GET_ISSUER_CERT: meaning('configuration', 'never', UNTRUSTED),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: meaning('configuration', 'never', UNTRUSTED),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: meaning('configuration', 'never', UNTRUSTED),
  CERT_SIGNATURE_FAILURE: meaning('configuration', 'never', UNTRUSTED),
  CERT_UNTRUSTED: meaning('configuration', 'never', UNTRUSTED),
  CERT_REJECTED: meaning('configuration', 'never', UNTRUSTED),
  CERT_REVOKED: meaning('configuration', 'never', "renew the server's certificate"),
  CERT_HAS_EXPIRED: meaning('configuration', 'never', "renew the server's certificate"),
  CERT_NOT_YET_VALID: meaning('configuration', 'never', 'set the clocks of client and server'),
  ERR_TLS_CERT_ALTNAME_INVALID: meaning(
    'configuration',
    'never',
    "connect by a name that is in the server's certificate, give that as tls.serverName (DB_TLS_SERVER_NAME), or " +
      "leave the name out with tls.verify: 'ca' (DB_TLS_VERIFY=ca)",
  ),
  TLS_FILES_UNUSABLE: meaning('configuration', 'no-effect', 'look at DB_TLS_CA, DB_TLS_CERT and DB_TLS_KEY'),
  COMPRESSION_NOT_SUPPORTED: meaning('configuration', 'never', 'switch off compress (DB_COMPRESS), or let the server'),
  UNEXPECTED_NULL: meaning('schema', 'never', 'compare the table with `tradestore migrate check`'),
  IMPOSSIBLE_DATE: meaning('unknown', 'never', 'correct the row, which was written with ALLOW_INVALID_DATES'),
  DRIVER_CHANGED: meaning(
    'configuration',
    'never',
    'nothing is read by a driver that is not known: install the version of mysql2 that this package names',
  ),
  INIT_STATEMENT_FAILED: meaning('configuration', 'never', 'correct initStatements (DB_INIT_STATEMENTS)'),
  ER_GET_CONNECTION_TIMEOUT: meaning('timeout', 'no-effect', ''),
  // the same where it is the server that does not answer, and not the callers who are too many
  CONNECTIONS_SILENT: meaning('connection', 'no-effect', REACH),
  TABLES_NOT_SHOWN: meaning(
    'access-denied',
    'never',
    'do it as the user that migrates, who has REFERENCES on the database (docs/accounts.sql)',
  ),
  SEVERAL_STATEMENTS: meaning('invalid-input', 'never', 'send one statement at a time'),
  QUOTING_LOST: meaning(
    'configuration',
    'never',
    'leave the encoding (SET NAMES, character_set_…) and NO_BACKSLASH_ESCAPES alone: values would not be what they are given as',
  ),
  TRANSACTION_ENDED: meaning(
    'closed',
    'never',
    'what came before it was stored; take COMMIT, ROLLBACK and what commits by itself out of what a transaction calls',
  ),
  // the version under which a transaction has read a bot: run again, it reads the one that is stored
  VERSION_CHANGED: meaning('conflict', 'no-effect', 'read it again and decide again'),
  LOG_UNREADABLE: meaning(
    'read-only',
    'never',
    'open the file once where it may be written, and close it again: that takes the log in',
  ),
  DECIMAL_OUT_OF_RANGE: meaning('constraint', 'never', TOO_LONG),
  COLUMNS_CHANGED: meaning('schema', 'never', '`tradestore migrate check` shows the statements that mend it'),
  TRANSACTION_LEFT_OPEN: meaning(
    'configuration',
    'indeterminate',
    'what was sent in that transaction is not stored; look for a procedure that begins one, or for what sets autocommit ' +
      'or completion_type on the way to the server',
  ),
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
  9: meaning('timeout', 'indeterminate', 'the statement was interrupted'),
  10: meaning('connection', 'indeterminate', 'the disk reported an error; look at it before going on'),
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
  [/syntax error|incomplete input|unrecognized token/, meaning('invalid-input', 'never', SYNTAX)],
  [
    /too many SQL variables/,
    meaning('invalid-input', 'never', 'SQLite takes at most 32766 values in one statement; send fewer at a time'),
  ],
  [
    /maximum depth|too many terms/,
    meaning('invalid-input', 'never', 'take the statement apart: an expression has too many parts for SQLite'),
  ],
  [/already exists/, meaning('schema', 'never', 'see what exists with `tradestore migrate status`')],
];

/** Messages of mysql2 that carry no code at all. */
export const DRIVER_MESSAGES: readonly (readonly [RegExp, CodeMeaning])[] = [
  // the driver refuses what comes after the end of a connection: nothing of it is sent
  [/in closed state/i, meaning('connection', 'no-effect', REACH)],
  // a connection that the server closed while it was idle inside a transaction
  [/Connection lost|Server closed the connection/i, meaning('connection', 'indeterminate', REACH)],
  [/Pool is closed|^aborted$|driver has already been destroyed|database is not open/i, CLOSED],
];
