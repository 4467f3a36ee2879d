import type { CandleInput } from '../../schemas/candle.schema.ts';

/** The series that a file's rows belong to. */
export type SeriesOfFile = Required<Pick<CandleInput, 'exchange' | 'symbol' | 'timeframe'>>;

/** What became of one row: a candle, or why it is none. */
export type ParsedRow = { readonly candle: CandleInput } | { readonly fault: string };

/** A row with its place in the file: the line of a CSV, the element of an array. */
export type PlacedRow = ParsedRow & { readonly line: number };
