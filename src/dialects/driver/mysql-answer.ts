import type { Answer, Flow, RowSink } from './answer.ts';
import { type MySqlColumn, readerOf, type ValuePacket, wholeNumber } from './mysql-values.ts';

/** The part of the driver's packet that ends rows. */
interface RowPacket extends ValuePacket {
  isEOF(): boolean;
  eofStatusFlags(): number;
  eofWarningCount(): number;
}

/** The part of the driver's connection that stops and goes on reading. */
interface Socket {
  pause(): void;
  resume(): void;
}

/** What a statement without rows ends with. */
interface Header {
  readonly affectedRows: number;
  readonly insertId: number | string;
  readonly serverStatus: number;
  readonly warningStatus: number;
}

/** The part of the driver's command that tells of columns, of rows and of what has no rows. */
interface AnswerCommand {
  row(packet: RowPacket, connection: Socket): unknown;
  on(event: 'fields', listener: (columns: readonly MySqlColumn[] | undefined) => void): unknown;
  on(event: 'result', listener: (header: Header) => void): unknown;
}

/** Source: MySQL source, include/mysql_com.h, SERVER_STATUS_IN_TRANS and SERVER_STATUS_NO_BACKSLASH_ESCAPES. */
const IN_TRANSACTION = 1;
const NO_BACKSLASH_ESCAPES = 512;

/**
 * Takes whatever a statement answers. The driver would make an object of each row, in which one of two
 * columns of the same name is lost, and its options for numbers are for all of a connection's statements.
 */
export class AnswerFeed {
  failure: Error | undefined;
  readonly #sink: RowSink;
  readonly #connection: { begun(): void; abort(): void };
  #readers: ((packet: ValuePacket) => ReturnType<ReturnType<typeof readerOf>>)[] = [];
  #answer: Answer = { affected: 0, insertId: null, warnings: 0, inTransaction: false, quotingHolds: true };
  #left = false;
  #done = false;
  #impatience: NodeJS.Timeout | undefined;

  /** @param connection is told that the first rows begin, and can be closed */
  constructor(sink: RowSink, connection: { begun(): void; abort(): void }) {
    this.#sink = sink;
    this.#connection = connection;
  }

  get answer(): Answer {
    return this.#answer;
  }

  take(command: unknown, socket: Socket): void {
    const answering = command as AnswerCommand;
    answering.on('fields', (columns) => this.#begin(columns));
    answering.on('result', (header) => this.#end(header));
    const end = answering.row;
    answering.row = (packet, connection) => {
      if (packet.isEOF()) {
        this.#told(packet.eofStatusFlags(), packet.eofWarningCount());
        return end.call(answering, packet, connection);
      }
      this.#read(packet, connection);
      return answering.row;
    };
    this.#sink.flow?.(this.#flow(socket));
  }

  /** Nothing more comes. */
  done(): void {
    this.#done = true;
    clearTimeout(this.#impatience);
  }

  #flow(socket: Socket): Flow {
    return {
      resume: () => socket.resume(),
      leave: (patienceMs) => {
        this.#left = true;
        // the connection may have another user by now
        if (this.#done) {
          return;
        }
        if (patienceMs !== undefined) {
          this.#impatience = setTimeout(() => this.#connection.abort(), patienceMs);
        }
        socket.resume();
      },
    };
  }

  #begin(columns: readonly MySqlColumn[] | undefined): void {
    if (columns !== undefined) {
      this.#connection.begun();
      this.#readers = columns.map(readerOf);
      this.#safely(() => this.#sink.columns(columns.map(({ name }) => ({ name }))));
    }
  }

  #end({ affectedRows, insertId, serverStatus, warningStatus }: Header): void {
    const id = wholeNumber(String(insertId));
    this.#answer = { ...this.#answer, affected: affectedRows, insertId: id === 0 ? null : id };
    this.#told(serverStatus, warningStatus);
  }

  #told(status: number, warnings: number): void {
    this.#answer = {
      ...this.#answer,
      warnings,
      inTransaction: (status & IN_TRANSACTION) !== 0,
      quotingHolds: (status & NO_BACKSLASH_ESCAPES) === 0,
    };
  }

  /** After a row that cannot be taken the rest is skipped: it is under way already. */
  #read(packet: RowPacket, connection: Socket): void {
    if (this.failure === undefined && !this.#left) {
      this.#safely(() => {
        if (!this.#sink.row(this.#readers.map((read) => read(packet)))) {
          connection.pause();
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
