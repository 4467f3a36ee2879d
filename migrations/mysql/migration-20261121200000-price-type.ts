import { Migration } from '@mikro-orm/migrations';

const PRICE_TYPE_COLUMN =
  "select column_name as name from information_schema.columns where table_schema = database() and table_name = 'market_data' and column_name = 'price_type'";
const OTHER_PRICES =
  "select exchange, symbol, timeframe, price_type from `market_data` where price_type <> 'trade' limit 1";

/**
 * The price type becomes a part of a candle's key, and candles get four columns that may be null. Stored candles become
 * those of trades.
 *
 * The servers rebuild the table in place, beside readers and writers (`lock = none`). A server commits with each
 * statement, so the table is changed by one, and only where it was not. The default fills the stored rows and is dropped
 * afterwards: a program that does not know the column is refused, instead of writing candles of the wrong kind. That is
 * also why the column is no ENUM: servers take its first value for a missing one. Measured, the two cost the same.
 */
export class Migration20261121200000PriceType extends Migration {
  override readonly name = 'migration-20261121200000-price-type';

  override async up(): Promise<void> {
    if ((await this.execute(PRICE_TYPE_COLUMN)).length === 0) {
      this.addSql(
        "alter table `market_data` add column `price_type` varchar(8) not null default 'trade' after `timeframe`, " +
          'add column `quote_volume` decimal(36,18) null after `volume`, ' +
          'add column `taker_buy_volume` decimal(36,18) null after `quote_volume`, ' +
          'add column `taker_buy_quote_volume` decimal(36,18) null after `taker_buy_volume`, ' +
          'add column `open_interest` decimal(36,18) null after `taker_buy_quote_volume`, ' +
          'drop primary key, add primary key (`exchange`, `symbol`, `timeframe`, `price_type`, `start_time`), ' +
          'algorithm = inplace, lock = none;',
      );
    }
    this.addSql('alter table `market_data` alter column `price_type` drop default;');
  }

  override async down(): Promise<void> {
    if ((await this.execute(PRICE_TYPE_COLUMN)).length === 0) {
      return;
    }
    refuseOtherPrices(await this.execute(OTHER_PRICES));
    this.addSql(
      'alter table `market_data` drop primary key, add primary key (`exchange`, `symbol`, `timeframe`, `start_time`), ' +
        'drop column `open_interest`, drop column `taker_buy_quote_volume`, drop column `taker_buy_volume`, ' +
        'drop column `quote_volume`, drop column `price_type`, algorithm = inplace, lock = none;',
    );
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
