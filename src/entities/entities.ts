import { BotSchema } from './bot.entity.ts';
import { MarketDataSchema } from './market-data.entity.ts';
import { RawTradeSchema } from './raw-trade.entity.ts';

/** Every entity, in the order in which their tables are made. */
export const entities = [MarketDataSchema, RawTradeSchema, BotSchema] as const;
