import type { CandleSet } from '../data/candles.ts';
import type { Digest } from '../data/digest.ts';
import type { RawSet } from '../data/raw-points.ts';

/** A range as it goes from process to process: times are milliseconds since 1970. */
export interface SentCandleRange {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: '1m';
  readonly startMs: number;
  readonly endMs: number;
}

export interface SentRawRange {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: 'trade';
  readonly startMs: number;
  readonly endMs: number;
}

/** The rows to write: made anew by a process that can, else read from the file, one JSON array in each line. */
interface Rows<Set> {
  readonly set: Set;
  readonly file?: string | undefined;
}

/** What a contender is told to do; it times that part alone. */
export type Order =
  | ({ readonly kind: 'upsert-batches'; readonly batchRows: number } & Rows<CandleSet>)
  | ({ readonly kind: 'upsert-one-by-one' } & Rows<CandleSet>)
  | { readonly kind: 'read-ranges'; readonly ranges: readonly SentCandleRange[] }
  | { readonly kind: 'read-latest'; readonly series: readonly SentCandleRange[]; readonly times: number }
  | { readonly kind: 'stream'; readonly range: SentCandleRange }
  | { readonly kind: 'read-columns'; readonly ranges: readonly SentCandleRange[] }
  | ({ readonly kind: 'insert-raw'; readonly batchRows: number } & Rows<RawSet>)
  | { readonly kind: 'read-raw'; readonly ranges: readonly SentRawRange[] };

/** What a contender did. */
export interface Measurement {
  readonly rows: number;
  readonly ms: number;
  /** Processor time of the contender's process in the timed part. */
  readonly cpuMs: number;
  /** The most memory its process has held since it began. */
  readonly maxRssMiB: number;
  /** Of each call, where single calls are what is measured. */
  readonly latenciesMs?: readonly number[];
  /** From the call to the first row of a stream. */
  readonly firstRowMs?: number;
  /** Of what was read; what was written, the runner looks up in the database. */
  readonly digest?: Digest;
}
