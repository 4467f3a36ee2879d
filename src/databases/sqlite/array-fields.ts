import { unpadDecimal } from '../column-storage.ts';
import type { Fields } from '../physical-connection.ts';
import { unexpectedNull } from '../stored-value-errors.ts';

/** Reads the fields of a row that SQLite returns as an array. */
export class ArrayFields implements Fields {
  #row: readonly unknown[] = [];
  #next = 0;

  open(row: readonly unknown[]): void {
    this.#row = row;
    this.#next = 0;
  }

  text(): string {
    return String(this.#takeValue());
  }

  decimal(): string {
    return unpadDecimal(this.text());
  }

  double(): number {
    const stored = this.#takeValue();
    const value = Number(stored);
    // a negative decimal is stored in a form that is not a number
    return Number.isNaN(value) ? Number(unpadDecimal(String(stored))) : value;
  }

  instant(): number {
    return Number(this.#takeValue());
  }

  integer(): number | null {
    const value = this.#take();
    return value === null ? null : Number(value);
  }

  skipNull(): boolean {
    const isNull = this.#row[this.#next] == null;
    if (isNull) {
      this.#next += 1;
    }
    return isNull;
  }

  #takeValue(): unknown {
    const value = this.#take();
    if (value == null) {
      throw unexpectedNull();
    }
    return value;
  }

  #take(): unknown {
    this.#next += 1;
    return this.#row[this.#next - 1];
  }
}
