import type { CandleInput } from '../../schemas/candle.schema.ts';

/** The series that a file's rows belong to. */
export type SeriesOfFile = Required<Pick<CandleInput, 'exchange' | 'symbol' | 'timeframe'>>;

/** What became of one row: a candle, or why it is none. */
export type ParsedRow = { readonly candle: CandleInput } | { readonly fault: string };

/** Rows in the order of their file, sorted into candles and faults. A row's place is its line, or its index from 1. */
export class RowBatch {
  readonly candles: CandleInput[] = [];
  /** The places of the candles. */
  readonly lines: number[] = [];
  readonly faults: { readonly line: number; readonly fault: string }[] = [];

  get rows(): number {
    return this.candles.length + this.faults.length;
  }

  add(line: number, row: ParsedRow): void {
    if ('candle' in row) {
      this.candles.push(row.candle);
      this.lines.push(line);
    } else {
      this.faults.push({ line, fault: row.fault });
    }
  }
}

/** How many rows are stored at once: enough to be sent as files, side by side. */
export const ROWS_PER_BATCH = 20_000;
