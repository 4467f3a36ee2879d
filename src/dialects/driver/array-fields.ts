import { unpadDecimal } from '../column-storage.ts';
import type { Fields } from './physical-connection.ts';

/** Reads the fields of a row that SQLite hands over as an array. */
export class ArrayFields implements Fields {
  #row: readonly unknown[] = [];
  #next = 0;

  open(row: readonly unknown[]): void {
    this.#row = row;
    this.#next = 0;
  }

  text(): string {
    return String(this.#take());
  }

  decimal(): string {
    return unpadDecimal(this.text());
  }

  double(): number {
    return Number(this.#take());
  }

  instant(): number {
    return Number(this.#take());
  }

  integer(): number | null {
    const value = this.#take();
    return value === null ? null : Number(value);
  }

  #take(): unknown {
    this.#next += 1;
    return this.#row[this.#next - 1];
  }
}
