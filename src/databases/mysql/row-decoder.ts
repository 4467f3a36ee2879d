import type { Fields } from '../physical-connection.ts';
import { impossibleDate, unexpectedNull } from '../stored-value-errors.ts';
import { PacketReader, type RowPacket } from './mysql2.ts';

const ZERO = 48;
const POINT = 46;
const MINUS = 45;
const NULL = 251;
const TWO_BYTES = 252;
const THREE_BYTES = 253;
// a double represents every whole number up to here exactly, and every power of ten up to the 22nd
const EXACT_DIGITS = Number.MAX_SAFE_INTEGER;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/**
 * Decodes rows straight from their packets: each field is its length and then its text. The driver would make an object
 * of each row, from which another one would be made at once; that is most of the cost of reading.
 * Source: MySQL Internals, "Text Resultset Row" and "Length-Encoded String".
 */
export class RowDecoder extends PacketReader implements Fields {
  count = 0;
  readonly #onFields: (fields: Fields) => void;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the current field begins and ends. */
  #start = 0;
  #end = 0;
  #lastDate = -1;
  #lastDateMs = 0;

  constructor(onFields: (fields: Fields) => void) {
    super();
    this.#onFields = onFields;
  }

  override onRow({ buffer, offset }: Pick<RowPacket, 'buffer' | 'offset'>): void {
    this.#bytes = buffer;
    this.#end = offset;
    this.#onFields(this);
    this.count += 1;
  }

  text(): string {
    this.#next();
    return this.#bytes.toString('utf8', this.#start, this.#end);
  }

  decimal(): string {
    this.#next();
    const bytes = this.#bytes;
    let end = this.#end;
    let point = this.#start;
    while (point < end && bytes[point] !== POINT) {
      point += 1;
    }
    // servers write all digits of the scale, also zeros
    while (end > point && bytes[end - 1] === ZERO) {
      end -= 1;
    }
    return bytes.toString('latin1', this.#start, end === point + 1 ? point : end);
  }

  double(): number {
    this.#next();
    const bytes = this.#bytes;
    let end = this.#end;
    let at = this.#start;
    const negative = bytes[at] === MINUS;
    if (negative) {
      at += 1;
    }
    let digits = 0;
    for (; at < end && bytes[at] !== POINT; at += 1) {
      // the digit first: a sum with the character code could exceed the exact range before the number does
      digits = digits * 10 + ((bytes[at] as number) - ZERO);
    }
    // skip the point; servers write all digits of the scale, and trailing zeros do not count
    at += 1;
    while (end > at && bytes[end - 1] === ZERO) {
      end -= 1;
    }
    const fraction = end > at ? end - at : 0;
    for (; at < end; at += 1) {
      digits = digits * 10 + ((bytes[at] as number) - ZERO);
    }
    // a division of two exact numbers is rounded once, like parsing the text
    if (digits <= EXACT_DIGITS) {
      const value = digits / (POWERS_OF_TEN[fraction] as number);
      return negative ? -value : value;
    }
    return Number(bytes.toString('latin1', this.#start, this.#end));
  }

  /** "YYYY-MM-DD hh:mm:ss.fff", in UTC without saying so. */
  instant(): number {
    this.#next();
    const at = this.#start;
    const date = this.#digits(at, 4) * 10_000 + this.#digits(at + 5, 2) * 100 + this.#digits(at + 8, 2);
    if (date !== this.#lastDate) {
      const ms = Date.UTC(Math.floor(date / 10_000), Math.floor((date % 10_000) / 100) - 1, date % 100);
      // 30 February would become 1 March
      if (new Date(ms).getUTCDate() !== date % 100) {
        throw impossibleDate();
      }
      this.#lastDate = date;
      this.#lastDateMs = ms;
    }
    const minutes = this.#digits(at + 11, 2) * 60 + this.#digits(at + 14, 2);
    const seconds = minutes * 60 + this.#digits(at + 17, 2);
    const milliseconds = this.#end - at > 19 ? this.#digits(at + 20, 3) : 0;
    return this.#lastDateMs + seconds * 1_000 + milliseconds;
  }

  integer(): number | null {
    if (this.skipNull()) {
      return null;
    }
    this.#next();
    const negative = this.#bytes[this.#start] === MINUS;
    const from = negative ? this.#start + 1 : this.#start;
    const value = this.#digits(from, this.#end - from);
    return negative ? -value : value;
  }

  skipNull(): boolean {
    const isNull = this.#bytes[this.#end] === NULL;
    if (isNull) {
      this.#end += 1;
    }
    return isNull;
  }

  #digits(from: number, count: number): number {
    let value = 0;
    for (let at = from; at < from + count; at += 1) {
      value = value * 10 + ((this.#bytes[at] as number) - ZERO);
    }
    return value;
  }

  /** Moves to the next field, which must not be NULL. */
  #next(): void {
    const bytes = this.#bytes;
    const first = bytes[this.#end] as number;
    let start = this.#end + 1;
    let length = first;
    if (first === NULL) {
      throw unexpectedNull();
    } else if (first === TWO_BYTES) {
      length = bytes.readUInt16LE(start);
      start += 2;
    } else if (first === THREE_BYTES) {
      length = bytes.readUIntLE(start, 3);
      start += 3;
    } else if (first > THREE_BYTES) {
      // a packet is no longer than a gigabyte, so the upper four bytes are zero
      length = bytes.readUInt32LE(start);
      start += 8;
    }
    this.#start = start;
    this.#end = start + length;
  }
}
