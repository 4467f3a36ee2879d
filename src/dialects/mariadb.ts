import { MariaDbDriver } from '@mikro-orm/mariadb';
import { type Dialect, quote } from './dialect.ts';
import { openMySqlConnection } from './driver/mysql-connection.ts';
import { connectionOptions, countUnlessEnded, serverFamily } from './server-family.ts';

/** MariaDB 10.6 and later. */
export const mariadbDialect: Dialect = {
  ...serverFamily,
  name: 'mariadb',
  label: 'MariaDB',
  ormDriver: MariaDbDriver,

  upsert: {
    rowAlias: '',
    incoming: (column) => `values(${quote(column)})`,
    onConflict: () => 'on duplicate key update',
    same: (left, right) => `${left} <=> ${right}`,
    countUpdated: (expression) => expression,
    canSkipRow: false,
  },

  openConnection: (settings) =>
    openMySqlConnection({ ...connectionOptions(settings), jsonStrings: true }, settings.queryTimeoutMs),

  countRows: (execute, table, _keyColumns, limitMs) =>
    countUnlessEnded(
      execute,
      `set statement max_statement_time = ${(Math.ceil(limitMs) / 1000).toFixed(3)} for select count(*) as count from ${quote(table)}`,
    ),
};
