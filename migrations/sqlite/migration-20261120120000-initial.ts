import { Migration } from '@mikro-orm/migrations';

/**
 * The three tables. The two of market data are made `without rowid`, by hand: SQLite then keeps their rows in
 * the order of the primary key, as InnoDB does, and needs no second index.
 */
export class Migration20261120120000Initial extends Migration {
  override readonly name = 'migration-20261120120000-initial';

  override up(): void {
    this.addSql(
      `create table \`bots\` (\`id\` integer not null primary key autoincrement, \`name\` text not null, \`strategy_name\` text not null, \`exchange\` text not null, \`symbol\` text not null, \`timeframe\` text not null, \`status\` text check (\`status\` in ('inactive', 'active', 'paused', 'error')) not null, \`virtual_balance\` text not null, \`current_balance\` text not null, \`config\` json null, \`last_heartbeat\` integer null, \`version\` integer not null default 1, \`created_at\` integer not null, \`updated_at\` integer not null);`,
    );
    this.addSql(`create unique index \`bots_name_unique\` on \`bots\` (\`name\`);`);

    this.addSql(
      `create table \`market_data\` (\`exchange\` text not null, \`symbol\` text not null, \`timeframe\` text not null, \`start_time\` integer not null, \`end_time\` integer not null, \`open\` text not null, \`high\` text not null, \`low\` text not null, \`close\` text not null, \`volume\` text not null, \`trade_count\` integer null, \`closed\` integer not null, \`updated_at\` integer not null, primary key (\`exchange\`, \`symbol\`, \`timeframe\`, \`start_time\`)) without rowid;`,
    );

    this.addSql(
      `create table \`raw_trades\` (\`exchange\` text not null, \`symbol\` text not null, \`data_type\` text not null, \`timestamp\` integer not null, \`source_id\` text not null, \`received_at\` integer not null, \`raw_data\` mediumtext not null, primary key (\`exchange\`, \`symbol\`, \`data_type\`, \`timestamp\`, \`source_id\`), constraint \`raw_trades_raw_data_json\` check (json_valid(\`raw_data\`) = 1)) without rowid;`,
    );
  }

  override down(): void {
    this.addSql(`drop table if exists \`raw_trades\`;`);
    this.addSql(`drop table if exists \`market_data\`;`);
    this.addSql(`drop table if exists \`bots\`;`);
  }
}
