import type { RepositoryContext } from '../repositories/base.repository.ts';
import { BotRepository } from '../repositories/bot.repository.ts';
import { MarketDataRepository } from '../repositories/market-data.repository.ts';
import { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import { Sql } from '../sql/sql.ts';

/** What reads and writes the tables: on an instance, or in one transaction. */
export interface Repositories {
  readonly marketData: MarketDataRepository;
  readonly rawTrades: RawTradeRepository;
  readonly bots: BotRepository;
  /** The escape hatch: SQL statements of your own. */
  readonly sql: Sql;
}

/** The repositories on one executor, each made at its first use: a transaction commonly uses one. */
export function createRepositories(context: RepositoryContext): Repositories {
  let marketData: MarketDataRepository | undefined;
  let rawTrades: RawTradeRepository | undefined;
  let bots: BotRepository | undefined;
  let sql: Sql | undefined;
  return {
    get marketData() {
      marketData ??= new MarketDataRepository(context);
      return marketData;
    },
    get rawTrades() {
      rawTrades ??= new RawTradeRepository(context);
      return rawTrades;
    },
    get bots() {
      bots ??= new BotRepository(context);
      return bots;
    },
    get sql() {
      sql ??= new Sql(context.executor);
      return sql;
    },
  };
}
