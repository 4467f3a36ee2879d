import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle } from '../support/samples.ts';

const INITIAL = 'migration-20261120120000-initial';
const PRICE_TYPE = 'migration-20261121200000-price-type';
const ALL = [INITIAL, PRICE_TYPE];

onEveryDatabase('migrations', (bench) => {
  let empty: FreshDatabase;
  let db: DatabaseOperations;

  beforeEach(async () => {
    empty = await freshDatabase(bench.dialect);
    db = new DatabaseOperations({ url: empty.url, autoMigrate: false });
  });

  afterEach(async () => {
    await db.close();
    await empty.remove();
  });

  it('are pending on an empty database, and none was executed', async () => {
    await expect(db.migrations.pending()).resolves.toEqual(ALL);
    await expect(db.migrations.executed()).resolves.toEqual([]);
    const { ok, pending, differences } = await db.migrations.check();
    expect({ ok, pending }).toEqual({ ok: false, pending: ALL });
    expect(differences.join()).toMatch(/create table/i);
    await expect(failureOf(db.marketData.upsertCandle(candle()))).resolves.toMatchObject({ kind: 'schema' });
  });

  it('go up once, and are listed with their time', async () => {
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    await expect(db.migrations.up()).resolves.toEqual(ALL);
    await expect(db.migrations.up()).resolves.toEqual([]);
    await expect(db.migrations.pending()).resolves.toEqual([]);
    const executed = await db.migrations.executed();
    expect(executed).toEqual(ALL.map((name) => ({ name, executedAt: expect.any(Date) })));
    expect(executed[0]?.executedAt.getTime()).toBeGreaterThanOrEqual(before);
    // a server's clock that rounds to seconds may be ahead by half of one
    expect(executed[0]?.executedAt.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
    await expect(db.marketData.upsertCandle(candle())).resolves.toBe('inserted');
  });

  it('go down one at a time, with all that is stored, and up again', async () => {
    await db.migrations.up();
    await db.marketData.upsertCandle(candle());
    await expect(db.migrations.down()).resolves.toEqual([PRICE_TYPE]);
    await expect(db.migrations.down()).resolves.toEqual([INITIAL]);
    await expect(db.migrations.down()).resolves.toEqual([]);
    await expect(db.migrations.pending()).resolves.toEqual(ALL);
    await db.migrations.up();
    await expect(db.marketData.countCandles()).resolves.toBe(0);
  });

  it('run automatically at first use where autoMigrate is set', async () => {
    const eager = new DatabaseOperations({ url: empty.url, autoMigrate: true });
    await expect(eager.marketData.upsertCandle(candle())).resolves.toBe('inserted');
    await eager.close();
  });

  const onServers: readonly (readonly [what: string, statement: string])[] = [
    ['an index that is missing', 'alter table bots drop index bots_name_unique'],
    ['a lax collation', 'alter table market_data convert to character set utf8mb4 collate utf8mb4_general_ci'],
    ['a check that is missing', 'alter table raw_trades drop constraint raw_trades_raw_data_json'],
    [
      'a key in another order',
      'alter table market_data drop primary key, add primary key (symbol, exchange, timeframe, price_type, start_time)',
    ],
    ['a column that is shorter', 'alter table bots modify strategy_name varchar(20) not null'],
    ['a column of another type', 'alter table market_data modify open double not null'],
    ['a column of coarser times', 'alter table market_data modify end_time datetime not null'],
    ['a column that may be null', 'alter table market_data modify volume decimal(36,18) null'],
    ['a column of narrower decimals', 'alter table market_data modify high decimal(20,8) not null'],
  ];

  it.each([
    ['a column that is too much', 'alter table bots add column extra int null'],
    ['a column that is missing', 'alter table market_data drop column trade_count'],
    ['a table that is missing', 'drop table raw_trades'],
    // SQLite cannot change a column, only add, rename and drop one
    ...(bench.dialect === 'sqlite'
      ? [['an index that is missing', 'drop index bots_name_unique'] as const]
      : onServers),
  ])('are checked against the tables: finds %s', async (_what, statement) => {
    await db.migrations.up();
    await expect(db.migrations.check()).resolves.toMatchObject({ ok: true });
    await empty.sql(statement);
    const { ok, pending, differences } = await db.migrations.check();
    expect({ ok, pending }).toEqual({ ok: false, pending: [] });
    expect(differences.length).toBeGreaterThan(0);
  });

  it('are checked without what others keep in the same database', async () => {
    await db.migrations.up();
    await empty.sql('create table signals (id int primary key, note varchar(20))');
    await empty.sql('create view latest_signals as select id from signals');
    await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
  });
});
