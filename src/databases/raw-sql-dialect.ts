import type { SqlDecimal } from '../decimal/sql-decimal.ts';
import type { Quoting } from '../errors/redact.ts';
import type { Parameter } from './physical-connection.ts';
import type { SqlValue } from './row-sink.ts';

/** How a statement's text is read to find its literals and comments. */
export interface TextRules extends Quoting {
  /** Placeholders other than `?`. An unbound one would silently be NULL. */
  readonly namedMarks?: RegExp | undefined;
}

/** A statement without literals and comments, in lower case, with single spaces. */
export type NormalizedSql = string;

/** SQL functions, by name, for decimals and instants that are stored in a form the database does not know, and their decoding. */
export interface EncodedValues {
  readonly sum: string;
  readonly avg: string;
  /** Marks an instant, so that the result of an expression can be told from a number. */
  readonly instant: string;
  /** Decodes a value that does not come unchanged from a table's column. */
  read(value: SqlValue): SqlValue;
  /** A result column's name without the functions that were inserted into the statement. */
  plainName(name: string): string;
}

/** How callers' own statements are read, checked and sent. */
export interface RawSqlDialect {
  readonly rules: TextRules;
  /** Writes a value as a literal into the text; if absent, values are bound. */
  readonly literal?: ((value: Parameter | SqlDecimal) => string) | undefined;
  /** A decimal as it is stored, if not as a number. */
  readonly encodeDecimal?: ((canonical: string) => string) | undefined;
  /** Present if the database's own comparisons and functions cannot handle stored decimals and instants. */
  readonly encodedValues?: EncodedValues | undefined;
  /** An instant as it is stored. */
  encodeInstant(value: Date): string | bigint;
  /** The largest integer that the database accepts. */
  readonly largestInteger: bigint;
  /** Why a statement cannot be sent this way, and what to use instead. */
  refusal(bare: NormalizedSql, inTransaction: boolean): string | undefined;
  /** Whether a statement certainly leaves the session unchanged; otherwise the connection is reset after it. */
  leavesSessionClean(bare: NormalizedSql): boolean;
  /**
   * A query for whether the session's encoding and quoting are `intact` (1). Absent if no statement can change
   * them.
   */
  readonly encodingIntact?: string | undefined;
  /** Statements that prepare a connection for a slow reader. */
  readonly beforeStreaming: readonly string[];
  /** The statement that lists the `name` of each table, sorted. */
  readonly tableNames: string;
  /** Whether the database has stored procedures. */
  readonly procedures: boolean;
}

/** Refused everywhere: these would begin or end a transaction that `db.transaction()` does not know of. */
const TRANSACTION_WORDS = /^(?:begin|start transaction|commit|rollback|savepoint|release|end|xa)\b/;

/** The refusal of a statement that begins or ends a transaction. */
export function transactionRefusal(bare: NormalizedSql): string | undefined {
  return TRANSACTION_WORDS.test(bare) && !bare.startsWith('begin not atomic')
    ? 'no statement that begins or ends a transaction: use db.transaction(), tx.transaction() for a savepoint, or db.twoPhase()'
    : undefined;
}
