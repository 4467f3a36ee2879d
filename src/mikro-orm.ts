export { Bot } from './entities/bot.entity.ts';
export { entities } from './entities/entities.ts';
export { MarketData } from './entities/market-data.entity.ts';
export { RawTrade } from './entities/raw-trade.entity.ts';
export { mikroOrmOptions } from './operations/mikro-orm-options.ts';
