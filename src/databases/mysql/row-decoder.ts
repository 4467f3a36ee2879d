import type { Fields } from '../physical-connection.ts';
import { type RowPacket, TappedRows } from './mysql2.ts';
import { PacketFields } from './packet-fields.ts';

/**
 * Takes a statement's rows as the packets they came in. The driver itself would make an object of each
 * row, of which another would be made at once; that is most of what reading costs here.
 */
export class RowDecoder {
  count = 0;
  failure: Error | undefined;
  readonly tap = new TappedRows({ row: (packet) => this.#read(packet) });
  readonly #fields = new PacketFields();
  readonly #onRow: (fields: Fields) => void;

  constructor(onRow: (fields: Fields) => void) {
    this.#onRow = onRow;
  }

  /** After a row that cannot be read the rest is skipped: it is under way already. */
  #read({ buffer, offset }: RowPacket): void {
    if (this.failure === undefined) {
      try {
        this.#fields.open(buffer, offset);
        this.#onRow(this.#fields);
        this.count += 1;
      } catch (error) {
        this.failure = error as Error;
      }
    }
  }
}
