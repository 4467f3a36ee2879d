import type { EntitySchema } from '@mikro-orm/core';
import { BotSchema } from './bot.entity.ts';
import { MarketDataSchema } from './market-data.entity.ts';
import { RawTradeSchema } from './raw-trade.entity.ts';

/** Every entity of the library, as MikroORM takes them, in the order in which their tables are made. */
export const entities: readonly EntitySchema[] = [MarketDataSchema, RawTradeSchema, BotSchema];
