import { MySqlDriver } from '@mikro-orm/mysql';
import { type Dialect, quote } from './dialect.ts';
import { openMySqlConnection } from './driver/mysql-connection.ts';
import { connectionOptions, countUnlessEnded, serverFamily, sessionOf } from './server-family.ts';
import { serverStatements, waitForSlowRows } from './server-statements.ts';
import { mysqlTwoPhase } from './two-phase-syntax.ts';

/** MySQL 8.0 and later. */
export const mysqlDialect: Dialect = {
  ...serverFamily,
  name: 'mysql',
  label: 'MySQL',
  ormDriver: MySqlDriver,
  callerStatements: { ...serverStatements, beforeSlowRows: waitForSlowRows('max_execution_time') },
  twoPhase: mysqlTwoPhase,

  upsert: {
    // VALUES() is deprecated since 8.0.20; MariaDB does not know the alias that replaces it
    rowAlias: ' as `incoming`',
    incoming: (column) => `\`incoming\`.${quote(column)}`,
    onConflict: () => 'on duplicate key update',
    same: (left, right) => `${left} <=> ${right}`,
    countUpdated: (expression) => expression,
    canSkipRow: false,
  },

  openConnection: (settings) =>
    openMySqlConnection(
      connectionOptions(settings),
      settings.queryTimeoutMs,
      // table sizes and estimates would otherwise be up to a day old; a time limit ends statements that read
      sessionOf(
        settings,
        `set session information_schema_stats_expiry = 0, max_execution_time = ${settings.statementTimeoutMs}`,
      ),
    ),

  countRows: (execute, table, _keyColumns, limitMs) =>
    countUnlessEnded(
      execute,
      `select /*+ max_execution_time(${Math.ceil(limitMs)}) */ count(*) as count from ${quote(table)}`,
    ),
};
