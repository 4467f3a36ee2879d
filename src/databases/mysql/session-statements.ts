import { CHARSET } from '../../config/charset.ts';
import { OWN_SQL_MODES } from '../../config/sql-mode.ts';
import type { ConnectionSettings } from '../connection-settings.ts';

/**
 * What a session is set to, as assignments of one SET statement. Every variable that a session has, and why
 * it is or is not here, is in docs/session-variables.md.
 */
export interface SessionSettings {
  readonly assignments: readonly string[];
  /** Of variables that not every version has, by their names: left out where the server does not know them. */
  readonly whereKnown: Readonly<Record<string, string>>;
}

/** Longer than anybody waits: a migration is ended by no limit of time. */
const DAY_SECONDS = 86_400;

/**
 * What a session must be set to for our promises to hold, whatever the server's defaults are: strict, so
 * that a value is refused and not cut; backslash escapes on, which the driver's quoting relies on; UTC; each
 * statement a transaction of its own, and none begun by the end of another; results whole; checks checked.
 */
export function familySession({ charset, sqlMode }: Pick<ConnectionSettings, 'charset' | 'sqlMode'>): SessionSettings {
  return {
    assignments: [
      // a reset leaves the server's own choice, where what is sent is not what is read. Without a collation it is
      // that of `_utf8mb4 0x…`, which can then be compared with any text
      charset === CHARSET ? `names ${CHARSET}` : `names ${CHARSET} collate ${charset}`,
      `sql_mode = '${[...OWN_SQL_MODES, ...sqlMode].join(',')}'`,
      "time_zone = '+00:00'",
      'autocommit = 1',
      // by CHAIN a commit opens the next transaction, in which the statements after it are lost
      'completion_type = 0',
      // a limit for statements that name none cuts what is read
      'sql_select_limit = 18446744073709551615',
      'sql_big_selects = 1',
      'sql_safe_updates = 0',
      'sql_auto_is_null = 0',
      'foreign_key_checks = 1',
      'unique_checks = 1',
      // rounding is told by a note, and counted only where notes are
      'sql_notes = 1',
      'sql_warnings = 0',
      // values in messages are known by the English text around them
      "lc_messages = 'en_US'",
      "lc_time_names = 'en_US'",
      'default_week_format = 0',
      'div_precision_increment = 4',
      'group_concat_max_len = 1048576',
      'max_sort_length = 1024',
      'default_storage_engine = InnoDB',
      // tables are compared by what the server says of them
      'sql_quote_show_create = 1',
      // a reset keeps the role that was taken, so the one that was there is remembered
      '@tradestore_role = current_role()',
    ],
    whereKnown: {},
  };
}

/** What MySQL has besides. Source: MySQL Reference Manual, "Server System Variables". */
export const MYSQL_SESSION: SessionSettings = {
  assignments: [
    "@@session.transaction_isolation = 'REPEATABLE-READ'",
    '@@session.transaction_read_only = 0',
    // table sizes and estimates would otherwise be up to a day old
    'information_schema_stats_expiry = 0',
  ],
  whereKnown: {},
};

/** What MariaDB has besides. Source: MariaDB Knowledge Base, "Server System Variables". */
export const MARIADB_SESSION: SessionSettings = {
  assignments: [
    // known by these names to every version; by those of MySQL only since 11.1
    "@@session.tx_isolation = 'REPEATABLE-READ'",
    '@@session.tx_read_only = 0',
    'check_constraint_checks = 1',
    // the most there is: each row that a file leaves out has a warning, which says why. On MySQL it takes a privilege
    'max_error_count = 65535',
    'sql_if_exists = 0',
    "old_mode = 'UTF8_IS_UTF8MB3'",
    "default_regex_flags = ''",
    // MySQL refuses a recursion that is longer; MariaDB leaves the rest of it out
    'max_recursive_iterations = 4294967295',
  ],
  whereKnown: {
    // 10.6.16
    note_verbosity: "'basic,explain'",
    // 10.6.18, 10.11.8; on by default since 11.6.2: a write to a row that changed since the transaction's first read
    // would undo the transaction, where MySQL, and every MariaDB before, writes to the row as it is
    innodb_snapshot_isolation: '0',
  },
};

/** A connection that migrates is not ended by the limits of time that are meant for statements. */
export const PATIENT_SESSION: SessionSettings = {
  assignments: [`lock_wait_timeout = ${DAY_SECONDS}`, `innodb_lock_wait_timeout = ${DAY_SECONDS}`],
  whereKnown: {},
};

/** Puts settings together, the later ones last. */
export function sessionSettings(...parts: readonly SessionSettings[]): SessionSettings {
  return {
    assignments: parts.flatMap(({ assignments }) => assignments),
    whereKnown: Object.assign({}, ...parts.map(({ whereKnown }) => whereKnown)),
  };
}
