import type { CandleInput, Timeframe } from '../../index.ts';

/** The series that a file's rows belong to. */
export interface SeriesOfFile {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** What became of one row: a candle, or why it is none. */
export type ParsedRow = { readonly candle: CandleInput } | { readonly fault: string };

/** Rows in the order of their file, sorted into candles and faults. A row's place is its line, or its index from 1. */
export class RowBatch {
  readonly candles: CandleInput[] = [];
  /** The places of the candles. */
  readonly lines: number[] = [];
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  readonly faults: { readonly line: number; readonly fault: string }[] = [];

  get rows(): number {
    return this.candles.length + this.faults.length;
  }

  /** Whether both may hold candles that start at one time. */
  overlaps(other: RowBatch): boolean {
    return this.#first <= other.#last && other.#first <= this.#last;
  }

  add(line: number, row: ParsedRow): void {
    if ('candle' in row) {
      const start = Number(row.candle.startTime);
      this.#first = Math.min(this.#first, start);
      this.#last = Math.max(this.#last, start);
      this.candles.push(row.candle);
      this.lines.push(line);
    } else {
      this.faults.push({ line, fault: row.fault });
    }
  }
}

/** How many rows are stored at once: enough to be sent as files, side by side. */
export const ROWS_PER_BATCH = 8_000;
