/** How much each work does. */
export interface Sizes {
  readonly series: number;
  /** Minutes of each series that the writing works write. */
  readonly minutes: number;
  readonly batchRows: number;
  readonly singleMinutes: number;
  readonly readSeries: number;
  readonly readMinutes: number;
  readonly rangeRows: number;
  readonly ranges: number;
  /** Ranges read as columns: enough for a rate that is not that of the first second. */
  readonly columnRanges: number;
  readonly latestCalls: number;
  readonly rawSymbols: number;
  readonly rawTrades: number;
  readonly rawRangeRows: number;
  readonly importRows: number;
  readonly largeRows: number;
  readonly streamedRows: number;
  readonly writerRows: number;
}

export const FULL: Sizes = {
  series: 50,
  minutes: 600,
  batchRows: 1_000,
  singleMinutes: 10,
  readSeries: 5,
  readMinutes: 200_000,
  rangeRows: 20_000,
  ranges: 5,
  columnRanges: 50,
  latestCalls: 500,
  rawSymbols: 20,
  rawTrades: 1_500,
  rawRangeRows: 20_000,
  importRows: 1_000_000,
  largeRows: 10_000_000,
  streamedRows: 5_000_000,
  writerRows: 1_000_000,
};

export const QUICK: Sizes = {
  ...FULL,
  minutes: 200,
  singleMinutes: 6,
  readMinutes: 60_000,
  ranges: 3,
  columnRanges: 15,
  latestCalls: 300,
  rawTrades: 500,
  importRows: 500_000,
  largeRows: 2_000_000,
  streamedRows: 1_000_000,
  writerRows: 300_000,
};

/** Shows that everything runs, and nothing else. */
export const SMOKE: Sizes = {
  ...FULL,
  minutes: 40,
  singleMinutes: 2,
  readSeries: 2,
  readMinutes: 2_000,
  rangeRows: 1_000,
  ranges: 2,
  columnRanges: 4,
  latestCalls: 10,
  rawTrades: 50,
  rawRangeRows: 500,
  importRows: 5_000,
  largeRows: 20_000,
  streamedRows: 10_000,
  writerRows: 5_000,
};
