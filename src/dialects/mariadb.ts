import { MariaDbDriver } from '@mikro-orm/mariadb';
import { type Dialect, quote } from './dialect.ts';
import { openMySqlConnection } from './driver/mysql-connection.ts';
import { connectionOptions, countUnlessEnded, exclusivelyBy, serverFamily, sessionOf } from './server-family.ts';
import { serverStatements, waitForSlowRows } from './server-statements.ts';
import { MARIADB_SESSION, type SessionSettings } from './session-statements.ts';
import { mariadbTwoPhase } from './two-phase-syntax.ts';

/** Ends statements of every kind. */
const timeLimit = (limitMs: number): SessionSettings => ({
  assignments: [`max_statement_time = ${(limitMs / 1000).toFixed(3)}`],
  whereKnown: {},
});

/** MariaDB 10.6 and later. */
export const mariadbDialect: Dialect = {
  ...serverFamily,
  name: 'mariadb',
  label: 'MariaDB',
  ormDriver: MariaDbDriver,
  callerStatements: { ...serverStatements, beforeSlowRows: waitForSlowRows('max_statement_time') },
  twoPhase: mariadbTwoPhase,

  upsert: {
    rowAlias: '',
    incoming: (column) => `values(${quote(column)})`,
    onConflict: () => 'on duplicate key update',
    same: (left, right) => `${left} <=> ${right}`,
    countUpdated: (expression) => expression,
    canSkipRow: false,
  },

  openConnection: (settings) =>
    openMySqlConnection(
      { ...connectionOptions(settings), jsonStrings: true },
      settings.queryTimeoutMs,
      sessionOf(settings, MARIADB_SESSION, timeLimit(settings.statementTimeoutMs)),
    ),

  exclusively: exclusivelyBy(MARIADB_SESSION, timeLimit(0)),

  countRows: (execute, table, _keyColumns, limitMs) =>
    countUnlessEnded(
      execute,
      `set statement max_statement_time = ${(Math.ceil(limitMs) / 1000).toFixed(3)} for select count(*) as count from ${quote(table)}`,
    ),
};
