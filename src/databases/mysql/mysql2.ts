import type { Socket } from 'node:net';
import { Connection, type QueryError, type QueryOptions } from 'mysql2';

/**
 * All use of undocumented members of mysql2. Its version is pinned exactly; CONTRIBUTING.md describes how to move to
 * another one. At the first connection of a process `driver-check.ts` verifies that each member exists and behaves as
 * expected.
 */

/** A packet with a row, or with the end of the rows. */
export interface RowPacket {
  readonly buffer: Buffer;
  /** Position of the next field. */
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

/** The answer to a statement without rows. */
export interface OkHeader {
  readonly affectedRows: number;
  readonly insertId: number | string;
  readonly serverStatus: number;
  readonly warningStatus: number;
}

type Answered = (error: QueryError | null, result: unknown) => void;

/** The undocumented part of a command. */
export interface Command {
  /** Called with each packet of a row; returns the function for the next packet. */
  row(packet: RowPacket, connection: unknown): unknown;
  on(event: 'fields', listener: (columns: readonly ColumnDefinition[] | undefined) => void): unknown;
  on(event: 'result', listener: (header: OkHeader) => void): unknown;
  /** Removes a file's listeners from the socket. The driver does not call it when a statement fails. */
  _unpipeStream(): void;
}

/** The undocumented part of a connection. */
export interface Internals {
  /** The socket, encrypted or not. */
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

/**
 * Keeps the encoding of what is sent as it was when the connection was opened. The driver would follow the session
 * into another encoding, which may lack some of our characters, or which the driver may not know.
 */
export function holdEncoding(connection: Connection): void {
  const { charsetNumber } = connection.config as { readonly charsetNumber?: number };
  Object.defineProperty(connection.config, 'charsetNumber', { get: () => charsetNumber, set: () => undefined });
}

/** Whether the connection is compressed. The driver continues without compression if the server has none. */
export function compresses(connection: Connection): boolean {
  return Boolean(connection.config.compress);
}

/** Reads the next field of a row as text. */
export function readText(packet: RowPacket, encoding: string): string | null {
  return packet.readLengthCodedString(encoding);
}

/** Reads the next field of a row without a copy: the bytes belong to the socket's buffer, which is reused. */
export function readBytes(packet: RowPacket): Buffer | null {
  return packet.readLengthCodedBuffer();
}

/**
 * Sends a statement whose values are in its text. `connection.query()` would publish the text, so the values too, and
 * the rows of the answer on the channels `mysql2:query`.
 */
export function sendText(
  connection: Connection,
  options: QueryOptions,
  answered: Answered,
  reader?: PacketReader,
): void {
  const createQuery = Connection.createQuery as unknown as CreateQuery;
  const command: Command = createQuery.call(
    Connection,
    options,
    (error, result) => {
      if (error) {
        command._unpipeStream();
      }
      answered(error, result);
    },
    undefined,
    connection.config,
  );
  reader?.attachTo(command);
  (connection as unknown as Internals).addCommand(command);
}

/** Replaces how a connection is encrypted after the server's greeting. The result tells whether it was called. */
export function replaceTls(
  connection: Connection,
  secure: (plain: Socket, established: () => void) => Socket,
  failed: (error: Error) => void,
): () => boolean {
  const internals = internalsOf(connection);
  let called = false;
  internals.startTLS = (secured) => {
    called = true;
    let open = false;
    internals.stream.removeAllListeners('data');
    const line = secure(internals.stream, () => {
      open = true;
      secured();
    });
    line.on('error', (error) => {
      if (open) {
        internals._handleNetworkError(error);
      } else {
        failed(error);
        secured(error);
      }
    });
    line.on('data', (data: Buffer) => internals.packetParser.execute(data));
    internals.stream = line;
  };
  return () => called;
}

/**
 * Reads the rows of a statement from their packets, in place of the driver, which would make an object of each.
 * After an error the remaining rows are skipped: they are on their way already.
 */
export abstract class PacketReader {
  /** The server's status after the last result. */
  status: number | undefined;
  /** The first error that reading a row caused. */
  failure: Error | undefined;
  #begun = 0;
  #ended = 0;

  /** Reads a row. The packet is valid until this returns. */
  protected abstract onRow(packet: RowPacket): void;
  /** A result set begins. */
  protected onColumns?(columns: readonly ColumnDefinition[]): void;
  /** The rows of a result set have ended. */
  protected onEnd?(status: number, warnings: number): void;
  /** A statement without rows has ended. */
  protected onHeader?(header: OkHeader): void;

  /** Call it before the command is sent: a closed connection answers at once. */
  attachTo(command: Command): void {
    command.on('fields', (columns) => {
      if (columns !== undefined) {
        this.#begun += 1;
        try {
          this.onColumns?.(columns);
        } catch (error) {
          this.failure ??= error as Error;
        }
      }
    });
    if (this.onHeader !== undefined) {
      command.on('result', (header) => {
        this.status = header.serverStatus;
        this.onHeader?.(header);
      });
    }
    const end = command.row;
    const readRow = (packet: RowPacket, connection: unknown): unknown => {
      if (packet.isEOF()) {
        this.#ended += 1;
        this.status = packet.eofStatusFlags();
        this.onEnd?.(this.status, packet.eofWarningCount());
        return end.call(command, packet, connection);
      }
      if (this.failure === undefined) {
        try {
          this.onRow(packet);
        } catch (error) {
          this.failure = error as Error;
        }
      }
      return readRow;
    };
    command.row = readRow;
  }

  /** Whether rows bypassed this reader: the driver kept some, or a result ended unseen. */
  missedRows(result: unknown): boolean {
    // for several results the driver makes a list of lists and headers
    const parts = Array.isArray(result) ? result : [];
    const kept = parts.some((part) => !isHeader(part) && !(Array.isArray(part) && part.length === 0));
    return kept || this.#begun !== this.#ended;
  }
}

/** Whether a result is that of a statement without rows. */
export function isHeader(result: unknown): result is OkHeader & { readonly info: string } {
  return typeof result === 'object' && result !== null && 'affectedRows' in result && 'serverStatus' in result;
}
