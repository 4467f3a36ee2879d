/** A candle as a collector has it: every contender starts from these objects. */
export interface Candle {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: '1m';
  readonly priceType: 'trade';
  readonly startTime: Date;
  readonly endTime: Date;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly tradeCount: number;
  readonly closed: boolean;
}

/** A message of a trade stream as it was received. */
export interface RawPoint {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: 'trade';
  readonly timestamp: Date;
  readonly sourceId: string;
  readonly receivedAt: Date;
  readonly rawData: string;
}
