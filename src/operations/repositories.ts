import { BotRepository } from '../repositories/bot.repository.ts';
import { MarketDataRepository } from '../repositories/market-data.repository.ts';
import { RawTradeRepository } from '../repositories/raw-trade.repository.ts';
import type { RepositoryContext } from '../repositories/repository-context.ts';
import { Sql } from '../sql/sql.ts';

/** What reads and writes the tables: of an instance, or in one transaction. */
export interface Repositories {
  readonly marketData: MarketDataRepository;
  readonly rawTrades: RawTradeRepository;
  readonly bots: BotRepository;
  /** The escape hatch: SQL statements of your own. */
  readonly sql: Sql;
}

/** The repositories on one executor, each made at its first use: a transaction commonly uses one. @internal */
export class RepositorySet implements Repositories {
  readonly #context: RepositoryContext;
  readonly #origin: Repositories | undefined;
  #marketData: MarketDataRepository | undefined;
  #rawTrades: RawTradeRepository | undefined;
  #bots: BotRepository | undefined;
  #sql: Sql | undefined;

  constructor(context: RepositoryContext, origin?: Repositories) {
    this.#context = context;
    this.#origin = origin;
  }

  get marketData(): MarketDataRepository {
    this.#marketData ??= new MarketDataRepository(this.#context, this.#origin?.marketData);
    return this.#marketData;
  }

  get rawTrades(): RawTradeRepository {
    this.#rawTrades ??= new RawTradeRepository(this.#context, this.#origin?.rawTrades);
    return this.#rawTrades;
  }

  get bots(): BotRepository {
    this.#bots ??= new BotRepository(this.#context, this.#origin?.bots);
    return this.#bots;
  }

  get sql(): Sql {
    this.#sql ??= new Sql(this.#context.executor);
    return this.#sql;
  }

  /** The same repositories on another executor. What they have derived from the tables is shared. */
  on(context: Omit<RepositoryContext, 'defaultExchange'>): RepositorySet {
    return new RepositorySet({ ...context, defaultExchange: this.#context.defaultExchange }, this);
  }
}
