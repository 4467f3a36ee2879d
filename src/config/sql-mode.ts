/** The modes that every session has: strict, so that a value is refused instead of cut. */
export const OWN_SQL_MODES: readonly string[] = [
  'STRICT_ALL_TABLES',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
];

/** Further modes that break no promise. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...OWN_SQL_MODES,
  'STRICT_TRANS_TABLES',
  'TRADITIONAL',
  'ONLY_FULL_GROUP_BY',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_UNSIGNED_SUBTRACTION',
  'PIPES_AS_CONCAT',
  'IGNORE_SPACE',
]);

const QUOTING = 'it changes the quoting of texts and names, on which statements rely';
const VALUES = 'it stores a value other than the one that was given';

/** Modes that would break a promise, and how. Source: MySQL "Server SQL Modes", MariaDB "SQL_MODE". */
const HARMFUL: Readonly<Record<string, string>> = {
  NO_BACKSLASH_ESCAPES: QUOTING,
  ANSI_QUOTES: QUOTING,
  ANSI: QUOTING,
  ORACLE: QUOTING,
  MSSQL: QUOTING,
  DB2: QUOTING,
  POSTGRESQL: QUOTING,
  MAXDB: QUOTING,
  EMPTY_STRING_IS_NULL: VALUES,
  TIME_TRUNCATE_FRACTIONAL: VALUES,
  TIME_ROUND_FRACTIONAL: VALUES,
  PAD_CHAR_TO_FULL_LENGTH: VALUES,
  ALLOW_INVALID_DATES: 'it stores dates that do not exist',
  SIMULTANEOUS_ASSIGNMENT: 'upserts rely on assignments from left to right',
  HIGH_NOT_PRECEDENCE: 'it changes the meaning of conditions',
};

/** Why a mode cannot be added; `undefined` if it can. */
export function faultOfSqlMode(mode: string): string | undefined {
  return HARMLESS.has(mode) ? undefined : (HARMFUL[mode] ?? 'it is not known to be safe');
}
