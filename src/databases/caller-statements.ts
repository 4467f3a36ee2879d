import type { SqlDecimal } from '../decimal/sql-decimal.ts';
import type { Quoting } from '../errors/redact.ts';
import type { Parameter } from './physical-connection.ts';
import type { SqlValue } from './row-sink.ts';

/** How a text of statements is read: where its literals and its comments are. */
export interface TextRules extends Quoting {
  /** Marks of values other than `?`: what is left unbound under one of them would be null without a word. */
  readonly namedMarks?: RegExp | undefined;
}

/** A statement without its literals and comments, in small letters, one blank between words. */
export type BareText = string;

/**
 * Functions for decimals and instants that are kept in a form of the library's own, by their names, and what reads
 * what comes of them.
 */
export interface EncodedValues {
  readonly sum: string;
  readonly avg: string;
  /** Marks an instant, so that it can be told from a number where it is no plain column. */
  readonly instant: string;
  /** A value that is no plain column of a table. */
  read(value: SqlValue): SqlValue;
  /** The name of a result without the functions that were put into it. */
  plainName(name: string): string;
}

/** How statements of a caller's own are read, judged and sent. */
export interface CallerStatements {
  readonly rules: TextRules;
  /** Writes a value into the text; without it values are bound. */
  readonly literal?: ((value: Parameter | SqlDecimal) => string) | undefined;
  /** A decimal as the tables keep it, where that is no number. */
  readonly encodeDecimal?: ((canonical: string) => string) | undefined;
  /** Where its comparisons and functions do not know the form in which the tables keep decimals and instants. */
  readonly encodedValues?: EncodedValues | undefined;
  /** An instant as the tables keep it. */
  encodeInstant(value: Date): string | bigint;
  /** Largest whole number it takes. */
  readonly largestInteger: bigint;
  /** Says what to do instead, where a statement cannot be sent this way. */
  refusal(bare: BareText, inTransaction: boolean): string | undefined;
  /** Whether it can leave nothing in the session, whatever it calls; otherwise the connection is reset after it. */
  leavesSessionClean(bare: BareText): boolean;
  /**
   * Asks whether what the session takes for letters and quotes `holds` still: 1 where it does. Without it
   * nothing that is sent can change that.
   */
  readonly encodingIntact?: string | undefined;
  /** Statements that make a connection fit for rows that are taken slowly. */
  readonly beforeStreaming: readonly string[];
  /** The statement that gives the `name` of each table, in the order of the names. */
  readonly tableNames: string;
  /** Whether it has stored procedures. */
  readonly procedures: boolean;
}

/** What is refused everywhere: each of them begins or ends a transaction behind the back of the one that is bound. */
const TRANSACTION_WORDS = /^(?:begin|start transaction|commit|rollback|savepoint|release|end|xa)\b/;

/** What to do instead of a statement that begins or ends a transaction. */
export function transactionRefusal(bare: BareText): string | undefined {
  return TRANSACTION_WORDS.test(bare) && !bare.startsWith('begin not atomic')
    ? 'no statement that begins or ends a transaction: use db.transaction(), tx.transaction() for a savepoint, or db.twoPhase()'
    : undefined;
}
