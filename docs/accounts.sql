-- Three accounts for tradestore, each with what its work takes and no more. For MySQL 8.0 and later and
-- MariaDB 10.6 and later; run it before the first migration or after it, and again after an upgrade. Put the
-- name of your database in place of `market`, and the addresses that the accounts come from in place of '%'.
-- Then, as an account that may grant:
--
--     mysql -u root -p < docs/accounts.sql
--
-- The accounts are made locked and without a password. Give each a password of its own, which is in no file:
--
--     alter user 'tradestore_reader'@'%' identified by '...' account unlock;

create database if not exists `market` character set utf8mb4 collate utf8mb4_bin;

create user if not exists 'tradestore_reader'@'%' account lock;
create user if not exists 'tradestore_writer'@'%' account lock;
create user if not exists 'tradestore_migrator'@'%' account lock;

-- Dashboards, backtests, `health` and `stats`. A grant on a table that is yet to be made is taken only
-- together with CREATE, which is revoked at once: so this file can be run before the first migration.
grant select, create on `market`.`market_data` to 'tradestore_reader'@'%';
grant select, create on `market`.`raw_trades` to 'tradestore_reader'@'%';
grant select, create on `market`.`bots` to 'tradestore_reader'@'%';
grant select, create on `market`.`mikro_orm_migrations` to 'tradestore_reader'@'%';
revoke create on `market`.`market_data` from 'tradestore_reader'@'%';
revoke create on `market`.`raw_trades` from 'tradestore_reader'@'%';
revoke create on `market`.`bots` from 'tradestore_reader'@'%';
revoke create on `market`.`mikro_orm_migrations` from 'tradestore_reader'@'%';

-- Collectors, bots, `import` and `replay`. LOAD DATA LOCAL takes INSERT alone, never FILE.
grant select, insert, update, delete, create on `market`.`market_data` to 'tradestore_writer'@'%';
grant select, insert, update, delete, create on `market`.`raw_trades` to 'tradestore_writer'@'%';
grant select, insert, update, delete, create on `market`.`bots` to 'tradestore_writer'@'%';
grant select, create on `market`.`mikro_orm_migrations` to 'tradestore_writer'@'%';
revoke create on `market`.`market_data` from 'tradestore_writer'@'%';
revoke create on `market`.`raw_trades` from 'tradestore_writer'@'%';
revoke create on `market`.`bots` from 'tradestore_writer'@'%';
revoke create on `market`.`mikro_orm_migrations` from 'tradestore_writer'@'%';

-- `migrate up`, `down`, `status` and `check`. It cannot read or change what is stored, but DROP removes it.
grant create, alter, drop, index on `market`.`market_data` to 'tradestore_migrator'@'%';
grant create, alter, drop, index on `market`.`raw_trades` to 'tradestore_migrator'@'%';
grant create, alter, drop, index on `market`.`bots` to 'tradestore_migrator'@'%';
grant create, alter, select, insert, delete on `market`.`mikro_orm_migrations` to 'tradestore_migrator'@'%';
-- Shows `migrate check` the columns and checks, and allows nothing else without a table's CREATE or ALTER. In
-- this statement alone `_` and `%` in the name stand for any letters: write `\_` for the one in `my_market`.
grant references on `market`.* to 'tradestore_migrator'@'%';

-- Only where it is wanted. The replication lag in `health`, which is null without it:
--   MySQL:   grant replication client on *.* to 'tradestore_reader'@'%';
--   MariaDB: grant slave monitor on *.* to 'tradestore_reader'@'%';
-- Listing what two-phase transactions of a crashed process left prepared:
--   MySQL:   grant xa_recover_admin on *.* to 'tradestore_writer'@'%';
