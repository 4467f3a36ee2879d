import { Migration } from '@mikro-orm/migrations';

const BEFORE_KEY = '`exchange`, `symbol`, `timeframe`';
const VALUES =
  '`start_time`, `end_time`, `open`, `high`, `low`, `close`, `volume`, `trade_count`, `closed`, `updated_at`';
const OTHER_PRICES =
  "select exchange, symbol, timeframe, price_type from `market_data` where price_type <> 'trade' limit 1";

/**
 * The price type becomes a part of a candle's key, and candles get four columns that may be null. Stored candles become
 * those of trades. SQLite cannot change a key, so the rows are copied into a new table. All of it is one transaction:
 * readers read on, and see the new table after it.
 */
export class Migration20261121200000PriceType extends Migration {
  override readonly name = 'migration-20261121200000-price-type';

  override up(): void {
    this.addSql(
      'create table `market_data_new` (`exchange` text not null, `symbol` text not null, `timeframe` text not null, `price_type` text not null, `start_time` integer not null, `end_time` integer not null, `open` text not null, `high` text not null, `low` text not null, `close` text not null, `volume` text not null, `quote_volume` text null, `taker_buy_volume` text null, `taker_buy_quote_volume` text null, `open_interest` text null, `trade_count` integer null, `closed` integer not null, `updated_at` integer not null, primary key (`exchange`, `symbol`, `timeframe`, `price_type`, `start_time`)) without rowid;',
    );
    this.addSql(
      `insert into \`market_data_new\` (${BEFORE_KEY}, \`price_type\`, ${VALUES}) select ${BEFORE_KEY}, 'trade', ${VALUES} from \`market_data\`;`,
    );
    this.addSql('drop table `market_data`;');
    this.addSql('alter table `market_data_new` rename to `market_data`;');
  }

  override async down(): Promise<void> {
    refuseOtherPrices(await this.execute(OTHER_PRICES));
    this.addSql(
      'create table `market_data_old` (`exchange` text not null, `symbol` text not null, `timeframe` text not null, `start_time` integer not null, `end_time` integer not null, `open` text not null, `high` text not null, `low` text not null, `close` text not null, `volume` text not null, `trade_count` integer null, `closed` integer not null, `updated_at` integer not null, primary key (`exchange`, `symbol`, `timeframe`, `start_time`)) without rowid;',
    );
    this.addSql(
      `insert into \`market_data_old\` (${BEFORE_KEY}, ${VALUES}) select ${BEFORE_KEY}, ${VALUES} from \`market_data\`;`,
    );
    this.addSql('drop table `market_data`;');
    this.addSql('alter table `market_data_old` rename to `market_data`;');
  }
}

/** Without their price type, these candles would be taken for those of trades, and would collide with them. */
function refuseOtherPrices([found]: readonly unknown[]): void {
  if (found !== undefined) {
    const { exchange, symbol, timeframe, price_type: priceType } = found as Readonly<Record<string, string>>;
    const what = `candles of another price type than trade are stored (${exchange} ${symbol} ${timeframe} ${priceType})`;
    throw Object.assign(new Error(`${what}: nothing was undone`), { code: 'MIGRATION_WOULD_LOSE' });
  }
}
