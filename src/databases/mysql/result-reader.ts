import type { QueryOutcome, RowFlow, RowSink } from '../row-sink.ts';
import { type ReadValue, readerOf, wholeNumber } from './mysql-values.ts';
import { type ColumnDefinition, type OkHeader, type RowPacket, TappedRows } from './mysql2.ts';

/** The connection that an answer comes on. */
export interface AnswerLine {
  /** The first rows begin. */
  begun(): void;
  pause(): void;
  resume(): void;
  abort(): void;
}

/** Source: MySQL source, include/mysql_com.h, SERVER_STATUS_IN_TRANS and SERVER_STATUS_NO_BACKSLASH_ESCAPES. */
export const IN_TRANSACTION = 1;
const NO_BACKSLASH_ESCAPES = 512;

/**
 * Takes whatever a statement answers. The driver would make an object of each row, in which one of two
 * columns of the same name is lost, and its options for numbers are for all of a connection's statements.
 */
export class ResultReader {
  failure: Error | undefined;
  readonly tap = new TappedRows({
    columns: (columns) => this.#begin(columns),
    row: (packet) => this.#read(packet),
    ended: (status, warnings) => this.#told(status, warnings),
    done: (header) => this.#end(header),
  });
  readonly #sink: RowSink;
  readonly #line: AnswerLine;
  #readers: ReadValue[] = [];
  #answer: QueryOutcome = { affected: 0, insertId: null, warnings: 0, inTransaction: false, quotingIntact: true };
  #left = false;
  #done = false;
  #impatience: NodeJS.Timeout | undefined;

  constructor(sink: RowSink, line: AnswerLine) {
    this.#sink = sink;
    this.#line = line;
    sink.flow?.(this.#flow());
  }

  get answer(): QueryOutcome {
    return this.#answer;
  }

  /** Nothing more comes. */
  done(): void {
    this.#done = true;
    clearTimeout(this.#impatience);
  }

  #flow(): RowFlow {
    return {
      resume: () => this.#line.resume(),
      cancel: (timeoutMs) => {
        this.#left = true;
        // the connection may have another user by now
        if (this.#done) {
          return;
        }
        if (timeoutMs !== undefined) {
          this.#impatience = setTimeout(() => this.#line.abort(), timeoutMs);
        }
        this.#line.resume();
      },
    };
  }

  #begin(columns: readonly ColumnDefinition[]): void {
    this.#line.begun();
    this.#readers = columns.map(readerOf);
    this.#safely(() => this.#sink.columns(columns.map(({ name }) => ({ name }))));
  }

  #end({ affectedRows, insertId, serverStatus, warningStatus }: OkHeader): void {
    const id = wholeNumber(String(insertId));
    this.#answer = { ...this.#answer, affected: affectedRows, insertId: id === 0 ? null : id };
    this.#told(serverStatus, warningStatus);
  }

  #told(status: number, warnings: number): void {
    this.#answer = {
      ...this.#answer,
      warnings,
      inTransaction: (status & IN_TRANSACTION) !== 0,
      quotingIntact: (status & NO_BACKSLASH_ESCAPES) === 0,
    };
  }

  /** After a row that cannot be taken the rest is skipped: it is under way already. */
  #read(packet: RowPacket): void {
    if (this.failure === undefined && !this.#left) {
      this.#safely(() => {
        if (!this.#sink.row(this.#readers.map((read) => read(packet)))) {
          this.#line.pause();
        }
      });
    }
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failure ??= error as Error;
    }
  }
}
