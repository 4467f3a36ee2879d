import type { Socket } from 'node:net';
import { Connection, type QueryError, type QueryOptions } from 'mysql2';

/**
 * Everything of mysql2 that its documentation does not promise, touched here alone. It is pinned exactly; how to
 * move to another version is told in CONTRIBUTING.md. `driver-check.ts` looks at the first connection of a process
 * whether all of it is there and does what is relied on.
 */

/** A packet that holds a row, or ends the rows. */
export interface RowPacket {
  readonly buffer: Buffer;
  /** Where the next field begins. */
  readonly offset: number;
  isEOF(): boolean;
  eofStatusFlags(): number;
  eofWarningCount(): number;
  readLengthCodedString(encoding: string): string | null;
  readLengthCodedBuffer(): Buffer | null;
}

/** The definition of a column of a result. */
export interface ColumnDefinition {
  readonly name: string;
  readonly columnType: number;
  readonly characterSet: number;
  readonly encoding: string;
  /** `json` where MariaDB keeps JSON as text. */
  readonly extendedFormat?: string | undefined;
}

/** What a statement without rows ends with. */
export interface OkHeader {
  readonly affectedRows: number;
  readonly insertId: number | string;
  readonly serverStatus: number;
  readonly warningStatus: number;
}

/** What takes the rows of a statement in the driver's place. */
export interface RowTap {
  /** A packet that is good until this returns. */
  row(packet: RowPacket): void;
  /** A result set begins. */
  columns?(columns: readonly ColumnDefinition[]): void;
  /** The rows of a result set have ended. */
  ended?(status: number, warnings: number): void;
  /** A statement without rows has ended. */
  done?(header: OkHeader): void;
}

type Answered = (error: QueryError | null, result: unknown) => void;

/** The undocumented part of a command. */
export interface Command {
  /** Is called with each packet of a row, and returns what takes the next. */
  row(packet: RowPacket, connection: unknown): unknown;
  on(event: 'fields', listener: (columns: readonly ColumnDefinition[] | undefined) => void): unknown;
  on(event: 'result', listener: (header: OkHeader) => void): unknown;
  /** Takes a file's listeners off the socket; where a statement fails it is not called. */
  _unpipeStream(): void;
}

/** The undocumented part of a connection. */
export interface Internals {
  stream: Socket;
  readonly packetParser: { execute(data: Buffer): void };
  addCommand(command: Command): unknown;
  startTLS(secured: (error?: Error) => void): void;
  _handleNetworkError(error: Error): void;
}

type CreateQuery = (options: QueryOptions, answered: Answered, none: undefined, config: object) => Command;

export function internalsOf(connection: Connection): Internals {
  return connection as unknown as Internals;
}

/** The socket of a connection, encrypted or not. */
export function lineOf(connection: Connection): Socket {
  return internalsOf(connection).stream;
}

/**
 * Has all that is sent on a connection stay in the encoding it was opened with. The driver would follow the
 * session into another one, which not each of our letters is in, or of which it knows nothing.
 */
export function holdEncoding(connection: Connection): void {
  const { charsetNumber } = connection.config as { readonly charsetNumber?: number };
  Object.defineProperty(connection.config, 'charsetNumber', { get: () => charsetNumber, set: () => undefined });
}

/** Whether what is sent is compressed: the driver goes on without where the server does not. */
export function compresses(connection: Connection): boolean {
  return Boolean(connection.config.compress);
}

/** Takes the listeners of a file off the socket of a statement that has failed. */
export function forgetFile(command: Command | undefined): void {
  command?._unpipeStream();
}

/** Reads the next field of a row as text. */
export function readText(packet: RowPacket, encoding: string): string | null {
  return packet.readLengthCodedString(encoding);
}

/** Reads the next field of a row as it lies there: the bytes are the socket's, which are used again. */
export function readBytes(packet: RowPacket): Buffer | null {
  return packet.readLengthCodedBuffer();
}

/** A command that sends a text once it is added to its connection. */
export function commandOf(connection: Connection, options: QueryOptions, answered: Answered): Command {
  const createQuery = Connection.createQuery as unknown as CreateQuery;
  return createQuery.call(Connection, options, answered, undefined, connection.config);
}

/**
 * Sends a statement whose values are in its text. `connection.query()` would tell the text, and so the values, and
 * the rows of the answer to everybody who listens on the channels `mysql2:query`.
 */
export function sendText(connection: Connection, options: QueryOptions, answered: Answered, tap?: TappedRows): Command {
  const command = commandOf(connection, options, answered);
  tap?.take(command);
  internalsOf(connection).addCommand(command);
  return command;
}

/** Has a connection encrypt by a way of ours, once the server has greeted; says whether it has been called. */
export function replaceTls(
  connection: Connection,
  secure: (plain: Socket, established: () => void) => Socket,
  failed: (error: Error) => void,
): () => boolean {
  const internals = internalsOf(connection);
  let called = false;
  internals.startTLS = (told) => {
    called = true;
    let open = false;
    internals.stream.removeAllListeners('data');
    const line = secure(internals.stream, () => {
      open = true;
      told();
    });
    line.on('error', (error) => {
      if (open) {
        internals._handleNetworkError(error);
      } else {
        failed(error);
        told(error);
      }
    });
    line.on('data', (data: Buffer) => internals.packetParser.execute(data));
    internals.stream = line;
  };
  return () => called;
}

/** Rows on their way to us past the driver, which would make an object of each. */
export class TappedRows {
  /** The server's status with the end of the last result. */
  status: number | undefined;
  readonly #tap: RowTap;
  #begun = 0;
  #ended = 0;

  constructor(tap: RowTap) {
    this.#tap = tap;
  }

  /** Before the command is sent: a connection that is closed answers at once. */
  take(command: Command): void {
    const tap = this.#tap;
    command.on('fields', (columns) => {
      if (columns !== undefined) {
        this.#begun += 1;
        tap.columns?.(columns);
      }
    });
    if (tap.done !== undefined) {
      command.on('result', (header) => {
        this.status = header.serverStatus;
        tap.done?.(header);
      });
    }
    const end = command.row;
    const take = (packet: RowPacket, connection: unknown): unknown => {
      if (packet.isEOF()) {
        this.#ended += 1;
        this.status = packet.eofStatusFlags();
        tap.ended?.(this.status, packet.eofWarningCount());
        return end.call(command, packet, connection);
      }
      tap.row(packet);
      return take;
    };
    command.row = take;
  }

  /** Whether rows have gone past the tap: the driver has kept some, or a result ended without our seeing it. */
  missed(result: unknown): boolean {
    return this.#begun !== this.#ended || keepsRows(result);
  }
}

/** Of several results the driver makes a list of lists and headers. */
function keepsRows(result: unknown): boolean {
  return Array.isArray(result) && result.some((part) => !isHeader(part) && !(Array.isArray(part) && part.length === 0));
}

/** Whether it is what a statement without rows is answered by. */
export function isHeader(result: unknown): result is OkHeader & { readonly info: string } {
  return typeof result === 'object' && result !== null && 'affectedRows' in result && 'serverStatus' in result;
}
