import { CHARSET } from '../../config/charset.ts';
import { OWN_SQL_MODES } from '../../config/sql-mode.ts';
import type { ConnectionSettings } from '../connection-settings.ts';

/**
 * A session's settings, as assignments of one SET statement. docs/session-variables.md lists every session variable
 * and why it is or is not set.
 */
export interface SessionSettings {
  readonly assignments: readonly string[];
  /** Variables that not every version has, by name; omitted if the server does not know them. */
  readonly whereKnown: Readonly<Record<string, string>>;
}

/**
 * What the library relies on, whatever the server's defaults are: strict mode, so that a value is refused and not
 * truncated; backslash escapes, which the driver's quoting needs; UTC; each statement a transaction of its own, and
 * none begun by the end of another; complete results; constraints checked.
 */
export function familySession({ charset, sqlMode }: Pick<ConnectionSettings, 'charset' | 'sqlMode'>): SessionSettings {
  return {
    assignments: [
      // a reset restores the server's own encoding, which may differ from what is sent. Without `collate` it is the
      // collation of `_utf8mb4 0x…`, which can then be compared with any text
      charset === CHARSET ? `names ${CHARSET}` : `names ${CHARSET} collate ${charset}`,
      `sql_mode = '${[...OWN_SQL_MODES, ...sqlMode].join(',')}'`,
      "time_zone = '+00:00'",
      'autocommit = 1',
      // with CHAIN a commit opens the next transaction, in which later statements would be lost
      'completion_type = 0',
      // a limit for statements without one would truncate results
      'sql_select_limit = 18446744073709551615',
      'sql_big_selects = 1',
      'sql_safe_updates = 0',
      'sql_auto_is_null = 0',
      'foreign_key_checks = 1',
      'unique_checks = 1',
      // rounding causes a note, and notes are counted only if enabled
      'sql_notes = 1',
      'sql_warnings = 0',
      // values in error messages are found by the English text around them
      "lc_messages = 'en_US'",
      "lc_time_names = 'en_US'",
      'default_week_format = 0',
      'div_precision_increment = 4',
      'group_concat_max_len = 1048576',
      'max_sort_length = 1024',
      'default_storage_engine = InnoDB',
      // the schema comparison reads SHOW CREATE TABLE
      'sql_quote_show_create = 1',
      // a reset keeps a role that was set, so the original role is remembered
      '@tradestore_role = current_role()',
    ],
    whereKnown: {},
  };
}

/** Additional settings of MySQL. Source: MySQL Reference Manual, "Server System Variables". */
export const MYSQL_SESSION: SessionSettings = {
  assignments: [
    "@@session.transaction_isolation = 'REPEATABLE-READ'",
    '@@session.transaction_read_only = 0',
    // otherwise table sizes and estimates may be a day old
    'information_schema_stats_expiry = 0',
  ],
  whereKnown: {},
};

/** Additional settings of MariaDB. Source: MariaDB Knowledge Base, "Server System Variables". */
export const MARIADB_SESSION: SessionSettings = {
  assignments: [
    // every version has these names; MySQL's names exist only since 11.1
    "@@session.tx_isolation = 'REPEATABLE-READ'",
    '@@session.tx_read_only = 0',
    'check_constraint_checks = 1',
    // the maximum: each row that LOAD DATA skips has a warning with the reason. On MySQL it needs a privilege
    'max_error_count = 65535',
    'sql_if_exists = 0',
    "old_mode = 'UTF8_IS_UTF8MB3'",
    "default_regex_flags = ''",
    // MySQL refuses a longer recursion; MariaDB silently truncates it
    'max_recursive_iterations = 4294967295',
  ],
  whereKnown: {
    // 10.6.16
    note_verbosity: "'basic,explain'",
    // 10.6.18, 10.11.8; on by default since 11.6.2: then a write to a row that changed since the transaction's first
    // read rolls the transaction back, while MySQL and every older MariaDB write to the current row
    innodb_snapshot_isolation: '0',
  },
};

/** A migration waits for a lock for a time of its own, whatever the limits of ordinary statements are. */
export function migrationSession(lockSeconds: number): SessionSettings {
  const seconds = Math.max(1, lockSeconds);
  return {
    assignments: [`lock_wait_timeout = ${seconds}`, `innodb_lock_wait_timeout = ${seconds}`],
    whereKnown: {},
  };
}

/** Combines settings; later ones override earlier ones. */
export function sessionSettings(...parts: readonly SessionSettings[]): SessionSettings {
  return {
    assignments: parts.flatMap(({ assignments }) => assignments),
    whereKnown: Object.assign({}, ...parts.map(({ whereKnown }) => whereKnown)),
  };
}
