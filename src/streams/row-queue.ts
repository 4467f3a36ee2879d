interface Entry<Row> {
  readonly row: Row;
  readonly bytes: number;
  readonly arrivedMs: number;
}

/** Rows in the order they came, each with its size and its time of arrival. */
export class RowQueue<Row> {
  #entries: Entry<Row>[] = [];
  #bytes = 0;

  get length(): number {
    return this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the first of them came, on the clock of `performance.now()`. */
  get firstArrivedMs(): number | undefined {
    return this.#entries[0]?.arrivedMs;
  }

  rows(): Row[] {
    return this.#entries.map(({ row }) => row);
  }

  push(row: Row, bytes: number): void {
    this.#entries.push({ row, bytes, arrivedMs: performance.now() });
    this.#bytes += bytes;
  }

  /** Takes from the front as many rows as the limits allow, and one at least. */
  take(mostRows: number, mostBytes: number): { readonly rows: Row[]; readonly bytes: number } {
    let count = 0;
    let bytes = 0;
    for (const entry of this.#entries) {
      if (count === mostRows || (count > 0 && bytes + entry.bytes > mostBytes)) {
        break;
      }
      count += 1;
      bytes += entry.bytes;
    }
    this.#bytes -= bytes;
    return { rows: this.#entries.splice(0, count).map(({ row }) => row), bytes };
  }
}
