import { defineEntity, p } from '@mikro-orm/core';
import { EXCHANGE_LENGTH, PRICE_TYPE_LENGTH, SYMBOL_LENGTH, TIMEFRAME_LENGTH } from '../text/column-lengths.ts';
import type { PriceType } from '../text/price-type.ts';
import { decimal, instant, key } from './column-types.ts';

/** A stored candle. Clustered by its natural key: reading a range is sequential, and a write can be repeated. */
export class MarketData {
  exchange!: string;
  symbol!: string;
  timeframe!: string;
  priceType!: PriceType;
  startTime!: Date;
  endTime!: Date;
  open!: string;
  high!: string;
  low!: string;
  close!: string;
  volume!: string;
  quoteVolume!: string | null;
  takerBuyVolume!: string | null;
  takerBuyQuoteVolume!: string | null;
  openInterest!: string | null;
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
    priceType: key(PRICE_TYPE_LENGTH).$type<PriceType>(),
    startTime: instant().primary(),
    endTime: instant(),
    open: decimal(),
    high: decimal(),
    low: decimal(),
    close: decimal(),
    volume: decimal(),
    quoteVolume: decimal().nullable(),
    takerBuyVolume: decimal().nullable(),
    takerBuyQuoteVolume: decimal().nullable(),
    openInterest: decimal().nullable(),
    tradeCount: p.integer().unsigned().nullable(),
    closed: p.boolean(),
    updatedAt: instant(),
  },
});
