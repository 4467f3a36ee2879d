import { defineEntity, p } from '@mikro-orm/core';
import { EXCHANGE_LENGTH, SYMBOL_LENGTH, TIMEFRAME_LENGTH } from '../text/column-lengths.ts';
import { decimal, instant, key } from './column-types.ts';

/** A stored candle. Clustered by its natural key: reading a range is sequential, and a write can be repeated. */
export class MarketData {
  exchange!: string;
  symbol!: string;
  timeframe!: string;
  startTime!: Date;
  endTime!: Date;
  open!: string;
  high!: string;
  low!: string;
  close!: string;
  volume!: string;
  tradeCount!: number | null;
  closed!: boolean;
  updatedAt!: Date;
}

export const MarketDataSchema = defineEntity({
  class: MarketData,
  tableName: 'market_data',
  properties: {
    exchange: key(EXCHANGE_LENGTH),
    symbol: key(SYMBOL_LENGTH),
    timeframe: key(TIMEFRAME_LENGTH),
    startTime: instant().primary(),
    endTime: instant(),
    open: decimal(),
    high: decimal(),
    low: decimal(),
    close: decimal(),
    volume: decimal(),
    tradeCount: p.integer().unsigned().nullable(),
    closed: p.boolean(),
    updatedAt: instant(),
  },
});
