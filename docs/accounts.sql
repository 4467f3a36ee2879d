-- Three accounts for tradestore, each with the privileges that its work needs and no more. For MySQL 8.0 and
-- later and MariaDB 10.6 and later. Run it before or after the first migration, and again after an upgrade.
-- Replace `market` by the name of your database, and '%' by the addresses that the accounts connect from.
-- Then run it as an account that may grant:
--
--     mysql -u root -p < docs/accounts.sql
--
-- The accounts are created locked and without a password. Give each one a password, which is in no file:
--
--     alter user 'tradestore_reader'@'%' identified by '...' account unlock;

create database if not exists `market` character set utf8mb4 collate utf8mb4_bin;

create user if not exists 'tradestore_reader'@'%' account lock;
create user if not exists 'tradestore_writer'@'%' account lock;
create user if not exists 'tradestore_migrator'@'%' account lock;

-- Dashboards, backtests, `health` and `stats`. A server accepts a grant on a table that does
-- not exist yet only together with CREATE, which is revoked at once. So this file can run before the first migration.
grant select, create on `market`.`market_data` to 'tradestore_reader'@'%';
grant select, create on `market`.`raw_trades` to 'tradestore_reader'@'%';
grant select, create on `market`.`bots` to 'tradestore_reader'@'%';
grant select, create on `market`.`mikro_orm_migrations` to 'tradestore_reader'@'%';
revoke create on `market`.`market_data` from 'tradestore_reader'@'%';
revoke create on `market`.`raw_trades` from 'tradestore_reader'@'%';
revoke create on `market`.`bots` from 'tradestore_reader'@'%';
revoke create on `market`.`mikro_orm_migrations` from 'tradestore_reader'@'%';

-- Collectors, bots, `import` and `replay`. LOAD DATA LOCAL needs INSERT only, never FILE.
grant select, insert, update, delete, create on `market`.`market_data` to 'tradestore_writer'@'%';
grant select, insert, update, delete, create on `market`.`raw_trades` to 'tradestore_writer'@'%';
grant select, insert, update, delete, create on `market`.`bots` to 'tradestore_writer'@'%';
grant select, create on `market`.`mikro_orm_migrations` to 'tradestore_writer'@'%';
revoke create on `market`.`market_data` from 'tradestore_writer'@'%';
revoke create on `market`.`raw_trades` from 'tradestore_writer'@'%';
revoke create on `market`.`bots` from 'tradestore_writer'@'%';
revoke create on `market`.`mikro_orm_migrations` from 'tradestore_writer'@'%';

-- `migrate up`, `down`, `status` and `check`. It cannot change stored rows, but DROP removes them. It reads
-- those of market_data, which `down` looks at before it drops a part of their key.
grant create, alter, drop, index, select on `market`.`market_data` to 'tradestore_migrator'@'%';
grant create, alter, drop, index on `market`.`raw_trades` to 'tradestore_migrator'@'%';
grant create, alter, drop, index on `market`.`bots` to 'tradestore_migrator'@'%';
grant create, alter, select, insert, delete on `market`.`mikro_orm_migrations` to 'tradestore_migrator'@'%';
-- Lets `migrate check` see the columns and checks, and allows nothing else without a table's CREATE or ALTER. In
-- this statement only, `_` and `%` in the name are wildcards: write `my\_market` for `my_market`.
grant references on `market`.* to 'tradestore_migrator'@'%';

-- Optional. The replication lag in `health`, which is null without this:
--   MySQL:   grant replication client on *.* to 'tradestore_reader'@'%';
--   MariaDB: grant slave monitor on *.* to 'tradestore_reader'@'%';
-- Optional. Listing the two-phase transactions that a crashed process left prepared:
--   MySQL:   grant xa_recover_admin on *.* to 'tradestore_writer'@'%';
