import { Migration } from '@mikro-orm/migrations';

/**
 * The three tables, each whole in one statement and only where it is missing, by hand: a server commits with
 * each statement, so that a migration that was cut off half way must be able to run again.
 */
export class Migration20261120120000Initial extends Migration {
  override readonly name = 'migration-20261120120000-initial';

  override up(): void {
    this.addSql(
      `create table if not exists \`bots\` (\`id\` int unsigned not null auto_increment primary key, \`name\` varchar(128) not null, \`strategy_name\` varchar(128) not null, \`exchange\` varchar(32) not null, \`symbol\` varchar(64) not null, \`timeframe\` varchar(8) not null, \`status\` enum('inactive','active','paused','error') not null, \`virtual_balance\` decimal(36,18) not null, \`current_balance\` decimal(36,18) not null, \`config\` json null, \`last_heartbeat\` datetime(3) null, \`version\` int unsigned not null default 1, \`created_at\` datetime(3) not null, \`updated_at\` datetime(3) not null, unique \`bots_name_unique\` (\`name\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`,
    );

    this.addSql(
      `create table if not exists \`market_data\` (\`exchange\` varchar(32) not null, \`symbol\` varchar(64) not null, \`timeframe\` varchar(8) not null, \`start_time\` datetime(3) not null, \`end_time\` datetime(3) not null, \`open\` decimal(36,18) not null, \`high\` decimal(36,18) not null, \`low\` decimal(36,18) not null, \`close\` decimal(36,18) not null, \`volume\` decimal(36,18) not null, \`trade_count\` int unsigned null, \`closed\` tinyint(1) not null, \`updated_at\` datetime(3) not null, primary key (\`exchange\`, \`symbol\`, \`timeframe\`, \`start_time\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`,
    );

    this.addSql(
      `create table if not exists \`raw_trades\` (\`exchange\` varchar(32) not null, \`symbol\` varchar(64) not null, \`data_type\` varchar(32) not null, \`timestamp\` datetime(3) not null, \`source_id\` varchar(64) not null, \`received_at\` datetime(3) not null, \`raw_data\` mediumtext not null, primary key (\`exchange\`, \`symbol\`, \`data_type\`, \`timestamp\`, \`source_id\`), constraint \`raw_trades_raw_data_json\` check (json_valid(\`raw_data\`) = 1)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`,
    );
  }

  override down(): void {
    this.addSql(`drop table if exists \`raw_trades\`;`);
    this.addSql(`drop table if exists \`market_data\`;`);
    this.addSql(`drop table if exists \`bots\`;`);
  }
}
