import type { CandleInput, PriceType, Timeframe } from '../../index.ts';

/** The series that a file's rows belong to. */
export interface SeriesOfFile {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly priceType: PriceType;
}

/** A parsed row: a candle, or the reason why it is none. */
export type ParsedRow = { readonly candle: CandleInput } | { readonly fault: string };

/** Rows in the order of their file, separated into candles and faults. A row is identified by its line, or its index from 1. */
export class RowBatch {
  readonly candles: CandleInput[] = [];
  readonly lines: number[] = [];
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  readonly faults: { readonly line: number; readonly fault: string }[] = [];

  get rows(): number {
    return this.candles.length + this.faults.length;
  }

  /** Whether both may hold candles with the same start. */
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

/** Rows per batch: enough to be sent as several files at once. */
export const ROWS_PER_BATCH = 8_000;
