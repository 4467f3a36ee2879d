import { PacketFields, type RowPacket } from './packet-fields.ts';
import type { Fields } from './physical-connection.ts';

/** The part of the driver's command that is called with each packet of a row, and returns what takes the next. */
export interface RowCommand {
  row(packet: RowPacket, connection: unknown): unknown;
}

/**
 * Takes a statement's rows as the packets they came in. The driver itself would make an object of each
 * row, of which another would be made at once; that is most of what reading costs here.
 */
export class RowFeed {
  count = 0;
  failure: Error | undefined;
  readonly #fields = new PacketFields();
  readonly #onRow: (fields: Fields) => void;

  constructor(onRow: (fields: Fields) => void) {
    this.#onRow = onRow;
  }

  take(command: RowCommand): void {
    const end = command.row;
    command.row = (packet, connection) => {
      if (packet.isEOF()) {
        return end.call(command, packet, connection);
      }
      this.#read(packet);
      return command.row;
    };
  }

  /** After a row that cannot be read the rest is skipped: it is under way already. */
  #read(packet: RowPacket): void {
    if (this.failure === undefined) {
      try {
        this.#fields.open(packet);
        this.#onRow(this.#fields);
        this.count += 1;
      } catch (error) {
        this.failure = error as Error;
      }
    }
  }
}
