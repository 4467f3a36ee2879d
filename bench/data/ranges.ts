/** One series of the benchmark. */
export interface Series {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: '1m';
  readonly priceType: 'trade';
}

/** The candles of a series that start in [startTime, endTime). */
export interface CandleRange extends Series {
  readonly startTime: Date;
  readonly endTime: Date;
}

/** The raw trades of a symbol with a timestamp in [startTime, endTime). */
export interface RawRange {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: 'trade';
  readonly startTime: Date;
  readonly endTime: Date;
}
