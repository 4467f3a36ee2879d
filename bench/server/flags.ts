import type { ServerDialect } from '../../test/support/servers/index.ts';

const REDO_LOG: Record<ServerDialect, string> = {
  mysql: '--loose-innodb-redo-log-capacity=1G',
  mariadb: '--innodb-log-file-size=1G',
};

/**
 * The servers' own default durability, which the tests' servers do without: each commit is on the disk when
 * it is answered, and no page can be half written. The sizes are those of a small production server.
 */
export function benchFlags(dialect: ServerDialect): string[] {
  return [
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-doublewrite=ON',
    '--innodb-buffer-pool-size=512M',
    REDO_LOG[dialect],
    '--local-infile=ON',
  ];
}

/** The server's settings that the results show, read from the server itself. */
export const TOLD_SETTINGS = [
  'innodb_flush_log_at_trx_commit',
  'innodb_doublewrite',
  'innodb_buffer_pool_size',
  'innodb_redo_log_capacity',
  'innodb_log_file_size',
  'innodb_flush_method',
  'innodb_use_native_aio',
  'log_bin',
  'performance_schema',
  'max_allowed_packet',
  'sql_mode',
] as const;
