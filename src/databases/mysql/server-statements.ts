import { SqlDecimal } from '../../decimal/sql-decimal.ts';
import { instantText } from '../../time/instant.ts';
import type { Parameter } from '../physical-connection.ts';
import { type RawSqlDialect, transactionRefusal } from '../raw-sql-dialect.ts';

/**
 * Statements that commit the open transaction. Source: MySQL Reference Manual and MariaDB Knowledge Base,
 * "Statements That Cause an Implicit Commit".
 */
const COMMITTING =
  /^(?:alter|analyze table|backup|cache index|change|check table|create|drop|flush|grant|install|load index|lock|optimize|purge|rename|repair|reset|revoke|set password|start|stop|truncate|uninstall|unlock)\b/;
const KEEPING = /^(?:create|drop) temporary table\b/;
/** Places that accept only a quoted text: a value that is written in hexadecimal would be an error there. */
const NEEDS_QUOTED_TEXT = /\bseparator ?\?|^show\b(?!.*\bwhere\b).*\blike ?\?/;

/**
 * Allows a slow reader: a server closes a connection that reads nothing for `net_write_timeout` (60 s), and counts
 * its waiting as execution time of the statement.
 */
export function waitForSlowReader(timeLimit: string): readonly string[] {
  return [`set session net_write_timeout = 86400, ${timeLimit} = 0`];
}

/** The rules of MySQL and MariaDB for callers' statements. */
export const serverStatements: Omit<RawSqlDialect, 'beforeStreaming'> = {
  rules: { backslashEscapes: true, serverComments: true, brackets: false },
  literal,
  encodeInstant: instantText,
  largestInteger: 2n ** 64n - 1n,

  refusal(bare, inTransaction) {
    if (/^set\b.*\bautocommit\b/.test(bare) || /^(?:un)?lock tables?\b/.test(bare)) {
      return 'no statement that begins or ends a transaction: use db.transaction(); the connection is lent to other callers afterwards';
    }
    if (/^use\b/.test(bare)) {
      return 'no USE: the connection is lent to other callers afterwards; write the database before the table (`other`.`table`)';
    }
    if (NEEDS_QUOTED_TEXT.test(bare)) {
      return 'no ? behind SEPARATOR or the LIKE of a SHOW, which accept only a quoted text: use SHOW … WHERE, or write the text into the statement';
    }
    const ending = transactionRefusal(bare);
    if (
      ending === undefined &&
      inTransaction &&
      (bare.startsWith('begin') || (COMMITTING.test(bare) && !KEEPING.test(bare)))
    ) {
      return 'no statement that makes the server commit the transaction: send it by db.sql, outside of the transaction';
    }
    return ending;
  },

  // even a SELECT may call a function that takes a lock or sets a variable
  leavesSessionClean: () => false,

  // a procedure or function may change the encoding, and session tracking can be switched off
  encodingIntact:
    "select @@character_set_client = 'utf8mb4' and @@character_set_connection = 'utf8mb4' " +
    "and @@character_set_results = 'utf8mb4' and find_in_set('MSSQL', @@sql_mode) = 0 as intact",

  tableNames:
    "select table_name as name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE' order by table_name",

  procedures: true,
};

/** Text that cannot end a literal or comment, in any encoding or mode: ASCII without quotes, backslash and `*`. */
const PLAIN_TEXT = /^[\t\n\r !#-&()+-[\]^_a-~]*$/;

/**
 * A value as a literal that means the same in every session state. Text that a quote could end, or that another
 * encoding would read differently, is written as the hexadecimal digits of its bytes.
 * Source: MySQL Reference Manual, "Character Set Introducers" and "Hexadecimal Literals".
 */
function literal(value: Parameter | SqlDecimal): string {
  if (value instanceof SqlDecimal) {
    return value.digits.startsWith('-') ? `(${value.digits})` : value.digits;
  }
  if (value === null) {
    return 'null';
  }
  if (Buffer.isBuffer(value)) {
    // without the introducer it would be a number in a numeric context
    return value.length === 0 ? "_binary ''" : `_binary 0x${value.toString('hex')}`;
  }
  if (typeof value !== 'string') {
    // after a name or number, a bare minus would subtract
    return Number(value) < 0 ? `(${value})` : String(value);
  }
  return PLAIN_TEXT.test(value) ? `'${value}'` : `_utf8mb4 0x${Buffer.from(value).toString('hex')}`;
}
