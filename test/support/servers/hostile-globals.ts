import { createConnection } from 'mysql2/promise';
import type { ServerDialect } from './database.ts';

const UNKNOWN_VARIABLE = 1193;

/** Globals that an operator could have set, which change what every new session does. */
const both: Readonly<Record<string, string>> = {
  completion_type: "'CHAIN'",
  sql_select_limit: '2',
  autocommit: '0',
  sql_mode: "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE'",
  time_zone: "'+05:30'",
  foreign_key_checks: '0',
  unique_checks: '0',
  sql_safe_updates: '1',
  sql_auto_is_null: '1',
  sql_notes: '0',
  sql_warnings: '1',
  max_join_size: '1',
  div_precision_increment: '0',
  group_concat_max_len: '4',
  default_week_format: '3',
  max_sort_length: '64',
  default_storage_engine: "'MyISAM'",
  character_set_server: "'latin1'",
  collation_server: "'latin1_german1_ci'",
  character_set_client: "'latin1'",
  character_set_results: "'latin1'",
  collation_connection: "'latin1_german1_ci'",
  innodb_lock_wait_timeout: '1',
  lock_wait_timeout: '1',
  updatable_views_with_limit: "'NO'",
  big_tables: '1',
  low_priority_updates: '1',
  sql_buffer_result: '1',
  sql_quote_show_create: '0',
  explicit_defaults_for_timestamp: '0',
  session_track_state_change: '1',
  session_track_transaction_info: "'CHARACTERISTICS'",
  session_track_system_variables: "'*'",
  max_error_count: '0',
  block_encryption_mode: "'aes-256-cbc'",
};

const own: Readonly<Record<ServerDialect, Readonly<Record<string, string>>>> = {
  mysql: {
    ...both,
    transaction_isolation: "'READ-UNCOMMITTED'",
    max_execution_time: '1',
    cte_max_recursion_depth: '3',
    windowing_use_high_precision: '0',
    sql_generate_invisible_primary_key: '1',
    sql_require_primary_key: '1',
    default_collation_for_utf8mb4: "'utf8mb4_general_ci'",
    xa_detach_on_prepare: '0',
    terminology_use_previous: "'BEFORE_8_0_26'",
    session_track_gtids: "'OWN_GTID'",
    // last, since nothing can be written afterwards
    transaction_read_only: '1',
  },
  mariadb: {
    ...both,
    tx_isolation: "'READ-UNCOMMITTED'",
    check_constraint_checks: '0',
    sql_if_exists: '1',
    old_mode: "'NO_DUP_KEY_WARNINGS_WITH_IGNORE,ZERO_DATE_TIME_CAST'",
    default_regex_flags: "'DOTALL,EXTENDED'",
    max_recursive_iterations: '3',
    note_verbosity: "''",
    innodb_snapshot_isolation: '1',
    max_statement_time: '0.001',
    system_versioning_asof: "'2001-01-01 00:00:00'",
    system_versioning_insert_history: '1',
    standard_compliant_cte: '0',
    query_cache_type: "'ON'",
    character_set_collations: "'utf8mb4=utf8mb4_general_ci'",
    alter_algorithm: "'COPY'",
    wsrep_dirty_reads: '1',
    tx_read_only: '1',
  },
};

/** Sets a server's globals against code that relies on its defaults; for a server that nothing else uses. */
export async function setAgainstUs(dialect: ServerDialect, url: string): Promise<void> {
  const connection = await createConnection(url.replace(/^mariadb:/, 'mysql:'));
  try {
    for (const [name, value] of Object.entries(own[dialect])) {
      await connection.query(`set global ${name} = ${value}`).catch((error: { errno?: number; message: string }) => {
        // no version has all of them
        if (error.errno !== UNKNOWN_VARIABLE) {
          throw new Error(`${name}: ${error.message}`);
        }
      });
    }
  } finally {
    connection.destroy();
  }
}
