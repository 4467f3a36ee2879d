import type { QueryOutcome, RowFlow, RowSink } from '../row-sink.ts';
import { type ReadValue, readerOf, wholeNumber } from './mysql-values.ts';
import { type ColumnDefinition, type OkHeader, PacketReader, type RowPacket } from './mysql2.ts';

/** The connection on which a stream of rows arrives. */
export interface StreamLine {
  /** The first result has begun. */
  begun(): void;
  pause(): void;
  resume(): void;
  abort(): void;
}

/** Source: MySQL source, include/mysql_com.h, SERVER_STATUS_IN_TRANS and SERVER_STATUS_NO_BACKSLASH_ESCAPES. */
export const IN_TRANSACTION = 1;
const NO_BACKSLASH_ESCAPES = 512;

/**
 * Reads all results of a caller's statement. The driver would make an object of each row, in which one of two columns
 * of the same name is lost, and its options for numbers apply to all statements of a connection.
 */
export class ResultReader extends PacketReader {
  readonly outcome = {
    rows: 0,
    affected: 0,
    insertId: null,
    warnings: 0,
    inTransaction: false,
    quotingIntact: true,
  } as {
    -readonly [Key in keyof QueryOutcome]: QueryOutcome[Key];
  };
  readonly #sink: RowSink;
  readonly #line: StreamLine | undefined;
  #readers: ReadValue[] = [];
  #cancelled = false;
  #finished = false;
  #cancelTimer: NodeJS.Timeout | undefined;

  /** @param line given if the sink controls the flow */
  constructor(sink: RowSink, line?: StreamLine) {
    super();
    this.#sink = sink;
    this.#line = line;
    if (line !== undefined) {
      sink.flow?.(this.#flowOf(line));
    }
  }

  /** The statement has ended: the connection may belong to another caller from now on. */
  finish(): void {
    this.#finished = true;
    clearTimeout(this.#cancelTimer);
  }

  #flowOf(line: StreamLine): RowFlow {
    return {
      resume: () => line.resume(),
      cancel: (timeoutMs) => {
        this.#cancelled = true;
        if (this.#finished) {
          return;
        }
        if (timeoutMs !== undefined) {
          this.#cancelTimer = setTimeout(() => line.abort(), timeoutMs);
        }
        line.resume();
      },
    };
  }

  protected override onColumns(columns: readonly ColumnDefinition[]): void {
    this.#line?.begun();
    this.#readers = columns.map(readerOf);
    this.#sink.columns(columns.map(({ name }) => ({ name })));
  }

  protected override onRow(packet: RowPacket): void {
    if (this.#cancelled) {
      return;
    }
    this.outcome.rows += 1;
    if (!this.#sink.row(this.#readers.map((read) => read(packet)))) {
      this.#line?.pause();
    }
  }

  protected override onHeader({ affectedRows, insertId, serverStatus, warningStatus }: OkHeader): void {
    const id = wholeNumber(String(insertId));
    this.outcome.affected = affectedRows;
    this.outcome.insertId = id === 0 ? null : id;
    this.onEnd(serverStatus, warningStatus);
  }

  protected override onEnd(status: number, warnings: number): void {
    this.outcome.warnings = warnings;
    this.outcome.inTransaction = (status & IN_TRANSACTION) !== 0;
    this.outcome.quotingIntact = (status & NO_BACKSLASH_ESCAPES) === 0;
  }
}
