import { MySqlDriver } from '@mikro-orm/mysql';
import { type Dialect, quote } from '../dialect.ts';
import { openMySqlConnection } from './open-mysql-connection.ts';
import { connectionOptions, countWithinLimit, migrationLock, serverFamily, sessionOf } from './server-family.ts';
import { serverStatements, waitForSlowReader } from './server-statements.ts';
import { MYSQL_SESSION, type SessionSettings } from './session-statements.ts';
import { mysqlTwoPhase } from './two-phase.ts';

/** Limits statements that read, and no others. */
const timeLimit = (limitMs: number): SessionSettings => ({
  assignments: [`max_execution_time = ${limitMs}`],
  whereKnown: {},
});

/** MySQL 8.0 and later. */
export const mysqlDialect: Dialect = {
  ...serverFamily,
  name: 'mysql',
  label: 'MySQL',
  ormDriver: MySqlDriver,
  rawSql: { ...serverStatements, beforeStreaming: waitForSlowReader('max_execution_time') },
  twoPhase: mysqlTwoPhase,

  upsert: {
    // VALUES() is deprecated since 8.0.20; MariaDB does not have the row alias that replaces it
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
      sessionOf(settings, MYSQL_SESSION, timeLimit(settings.statementTimeoutMs)),
    ),

  withMigrationLock: migrationLock(MYSQL_SESSION, timeLimit(0)),

  countRows: (execute, table, _keyColumns, limitMs) =>
    countWithinLimit(
      execute,
      `select /*+ max_execution_time(${Math.ceil(limitMs)}) */ count(*) as count from ${quote(table)}`,
    ),
};
