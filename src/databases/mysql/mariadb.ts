import { MariaDbDriver } from '@mikro-orm/mariadb';
import { type Dialect, quote } from '../dialect.ts';
import { openMySqlConnection } from './open-mysql-connection.ts';
import { connectionOptions, countWithinLimit, migrationLock, serverFamily, sessionOf } from './server-family.ts';
import { serverStatements, waitForSlowReader } from './server-statements.ts';
import { MARIADB_SESSION, type SessionSettings } from './session-statements.ts';
import { mariadbTwoPhase } from './two-phase.ts';

/** Limits statements of every kind. */
const timeLimit = (limitMs: number): SessionSettings => ({
  assignments: [`max_statement_time = ${(limitMs / 1000).toFixed(3)}`],
  whereKnown: {},
});

/**
 * MariaDB's names for error numbers that mean something else on MySQL, whose names the driver uses.
 * Source: MariaDB source, sql/share/errmsg-utf8.txt.
 */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  4025: 'ER_CONSTRAINT_FAILED',
  4031: 'ER_REFERENCED_TRG_DOES_NOT_EXIST',
  4151: 'ER_ACCOUNT_HAS_BEEN_LOCKED',
  4166: 'ER_LOAD_INFILE_CAPABILITY_DISABLED',
};

/** MariaDB 10.6 and later. */
export const mariadbDialect: Dialect = {
  ...serverFamily,
  name: 'mariadb',
  label: 'MariaDB',
  ormDriver: MariaDbDriver,
  rawSql: { ...serverStatements, beforeStreaming: waitForSlowReader('max_statement_time') },
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
    openMySqlConnection({ ...connectionOptions(settings), jsonStrings: true }, settings.queryTimeoutMs, {
      ...sessionOf(settings, MARIADB_SESSION, timeLimit(settings.statementTimeoutMs)),
      errorNames: ERROR_NAMES,
    }),

  withMigrationLock: migrationLock(MARIADB_SESSION, timeLimit(0)),

  countRows: (execute, table, _keyColumns, limitMs) =>
    countWithinLimit(
      execute,
      `set statement max_statement_time = ${(Math.ceil(limitMs) / 1000).toFixed(3)} for select count(*) as count from ${quote(table)}`,
    ),
};
