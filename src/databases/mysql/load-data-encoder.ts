import { dateText } from '../../time/instant.ts';

const FIRST_BYTES = 64 * 1024;
// the longest field of limited length is a decimal
const LONGEST_SHORT_FIELD = 40;
const SPACE = 32;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const TAB = 9;
const NEWLINE = 10;
const BACKSLASH = 92;
const DAY_MS = 86_400_000;
const FILE_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * Encodes rows as a file for LOAD DATA, in its default format. It writes bytes, because the many short strings of a
 * text would cost more time than the server takes. Source: MySQL Reference Manual, "LOAD DATA Statement".
 */
export class LoadDataEncoder {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes written since the last call. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(this.#bytes.length);
    this.#length = 0;
    return taken;
  }

  endRow(): void {
    // replaces the separator of the last field
    this.#bytes[this.#length - 1] = NEWLINE;
  }

  nothing(): void {
    this.#ascii('\\N');
  }

  /** A decimal in canonical form. */
  decimal(canonical: string): void {
    this.#ascii(canonical);
  }

  integer(value: number): void {
    this.#ascii(String(value));
  }

  flag(value: boolean): void {
    this.#ascii(value ? '1' : '0');
  }

  /** `2024-01-31 12:00:00` in UTC, with milliseconds unless zero. */
  instant(value: Date): void {
    const ms = value.getTime();
    const day = Math.floor(ms / DAY_MS);
    const ofDay = ms - day * DAY_MS;
    const milliseconds = ofDay % 1_000;
    const seconds = (ofDay - milliseconds) / 1_000;
    this.#ascii(dateText(day));
    const bytes = this.#bytes;
    // replaces the separator after the date
    let at = this.#length - 1;
    bytes[at++] = SPACE;
    at = twoDigits(bytes, at, Math.floor(seconds / 3_600));
    bytes[at++] = COLON;
    at = twoDigits(bytes, at, Math.floor(seconds / 60) % 60);
    bytes[at++] = COLON;
    at = twoDigits(bytes, at, seconds % 60);
    if (milliseconds !== 0) {
      bytes[at++] = POINT;
      bytes[at++] = ZERO + Math.floor(milliseconds / 100);
      at = twoDigits(bytes, at, milliseconds % 100);
    }
    bytes[at++] = TAB;
    this.#length = at;
  }

  text(value: string): void {
    this.#room(3 * value.length + LONGEST_SHORT_FIELD);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < value.length; at += 1) {
      const letter = value.charCodeAt(at);
      // a plain ASCII character is one byte; any other character needs the slow path for the whole text
      if (letter < 32 || letter > 126 || letter === BACKSLASH) {
        this.#escaped(value.replace(/[\\\t\n\r]/g, (special) => FILE_ESCAPES[special] as string));
        return;
      }
      bytes[length] = letter;
      length += 1;
    }
    bytes[length] = TAB;
    this.#length = length + 1;
  }

  #escaped(text: string): void {
    this.#room(3 * text.length + LONGEST_SHORT_FIELD);
    const end = this.#length + this.#bytes.write(text, this.#length, 'utf8');
    this.#bytes[end] = TAB;
    this.#length = end + 1;
  }

  /** A short field of ASCII characters. */
  #ascii(text: string): void {
    this.#room(LONGEST_SHORT_FIELD);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < text.length; at += 1) {
      bytes[length] = text.charCodeAt(at);
      length += 1;
    }
    bytes[length] = TAB;
    this.#length = length + 1;
  }

  #room(bytes: number): void {
    if (this.#length + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * this.#bytes.length + bytes);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
  }
}

function twoDigits(bytes: Buffer, at: number, number: number): number {
  const tens = Math.floor(number / 10);
  bytes[at] = ZERO + tens;
  bytes[at + 1] = ZERO + number - 10 * tens;
  return at + 2;
}
