import { MySqlDriver } from '@mikro-orm/mysql';
import { type Dialect, quote } from './dialect.ts';
import { openMySqlConnection } from './driver/mysql-connection.ts';
import { connectionOptions, countUnlessEnded, serverFamily } from './server-family.ts';

/** MySQL 8.0 and later. */
export const mysqlDialect: Dialect = {
  ...serverFamily,
  name: 'mysql',
  label: 'MySQL',
  ormDriver: MySqlDriver,

  upsert: {
    // VALUES() is deprecated since 8.0.20; MariaDB does not know the alias that replaces it
    rowAlias: ' as `incoming`',
    incoming: (column) => `\`incoming\`.${quote(column)}`,
    onConflict: () => 'on duplicate key update',
    same: (left, right) => `${left} <=> ${right}`,
    countUpdated: (expression) => expression,
    canSkipRow: false,
  },

  openConnection: async (settings) => {
    const connection = await openMySqlConnection(connectionOptions(settings), settings.queryTimeoutMs);
    // table sizes and estimates would otherwise be up to a day old
    await connection.execute('set session information_schema_stats_expiry = 0', []);
    return connection;
  },

  countRows: (execute, table, _keyColumns, limitMs) =>
    countUnlessEnded(
      execute,
      `select /*+ max_execution_time(${Math.ceil(limitMs)}) */ count(*) as count from ${quote(table)}`,
    ),
};
