import { expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot, candle, point } from '../support/samples.ts';

onEveryServer('a column that is not what it was made as, on a', (dialect) => {
  async function migrated(): Promise<{ database: FreshDatabase; db: DatabaseOperations }> {
    const database = await freshDatabase(dialect);
    const db = new DatabaseOperations({ url: database.url, pool: { min: 0, max: 1 } });
    await db.migrations.up();
    return { database, db };
  }

  const minute = (n: number) => candle(n, { volume: '1.123456789012345678' });

  it.each([
    ['decimals of fewer digits', 'market_data', 'modify high decimal(20,8) not null', 'high', 'rounds'],
    ['fewer digits before the point', 'market_data', 'modify high decimal(30,18) not null', 'high', 'rounds'],
    ['hundredths of a second', 'market_data', 'modify updated_at datetime(2) not null', 'updated_at', 'rounds'],
    ['seconds', 'market_data', 'modify updated_at datetime not null', 'updated_at', 'rounds'],
    [
      'a shorter key',
      'market_data',
      'drop primary key, add primary key (exchange, symbol, price_type, start_time)',
      'timeframe',
      'twice',
    ],
    [
      'names of one case',
      'market_data',
      'modify symbol varchar(64) character set utf8mb4 collate utf8mb4_general_ci not null',
      'symbol',
      'as equal',
    ],
    [
      'a default in place of null',
      'market_data',
      'modify quote_volume decimal(36,18) null default 7',
      'quote_volume',
      'default',
    ],
    [
      'a further unique index',
      'market_data',
      'add unique index one_price (exchange, timeframe, price_type, start_time, close)',
      'symbol',
      'one_price',
    ],
    [
      'a unique index on the first letters',
      'market_data',
      'add unique index letters (exchange, symbol(3), timeframe, price_type, start_time)',
      'symbol',
      'letters',
    ],
  ])('is found before anything is written: %s', async (_name, table, change, column, says) => {
    const { database, db } = await migrated();
    await database.sql(`alter table ${table} ${change}`);
    const writes = [
      () => db.marketData.upsertCandle(minute(1)),
      () => db.marketData.upsertCandles([minute(1), minute(2)]),
      () => db.marketData.upsertCandles(Array.from({ length: 600 }, (_, n) => minute(n))),
      () => db.transaction((tx) => tx.marketData.upsertCandle(minute(1))),
    ];
    for (const write of writes) {
      const error = await failureOf(write());
      expect(error).toMatchObject({ kind: 'schema', code: 'COLUMNS_CHANGED', attempts: 1 });
      expect(error.message).toContain(`${table}.${column} `);
      expect(error.message).toMatch(says);
      expect(error.message).toContain('tradestore migrate check');
    }
    await expect(database.sql(`select count(*) as count from ${table}`)).resolves.toEqual([{ count: 0 }]);
    // the others are written, and this one too once it is mended
    await expect(db.rawTrades.insertMarketDataPoint(point(1))).resolves.toBe('inserted');
    for (const statement of (await db.migrations.check()).differences) {
      await database.sql(statement);
    }
    await expect(db.marketData.upsertCandle(minute(1))).resolves.toBe('inserted');
    await db.close();
    await database.remove();
  });

  it('is none where a further index is not unique, or has the whole key in it', async () => {
    const { database, db } = await migrated();
    await database.sql(
      'alter table market_data add index by_time (start_time), ' +
        'add unique index turned (start_time, price_type, timeframe, symbol, exchange), ' +
        'add unique index covering (exchange, symbol, timeframe, price_type, start_time, close)',
    );
    await expect(db.marketData.upsertCandles([minute(1), minute(2)])).resolves.toMatchObject({ inserted: 2 });
    await expect(db.marketData.upsertCandle(minute(1))).resolves.toBe('unchanged');
    await db.close();
    await database.remove();
  });

  it('is found before a bot is written', async () => {
    const { database, db } = await migrated();
    const { id } = await db.bots.add(bot());
    await database.sql('alter table bots modify current_balance decimal(20,8) not null');
    const other = new DatabaseOperations({ url: database.url });
    for (const write of [
      () => other.bots.add(bot({ name: 'another' })),
      () => other.bots.update(id, { currentBalance: '1.123456789' }),
      () => other.bots.adjustBalance(id, '0.123456789'),
    ]) {
      await expect(failureOf(write())).resolves.toMatchObject({ kind: 'schema', code: 'COLUMNS_CHANGED' });
    }
    await other.close();
    await db.close();
    await database.remove();
  });

  it('is reported by the write that it rounded, where it was changed meanwhile', async () => {
    const { database, db } = await migrated();
    await db.marketData.upsertCandle(minute(1));
    await database.sql('alter table market_data modify volume decimal(20,8) not null');
    const error = await failureOf(db.marketData.upsertCandle(minute(2)));
    expect(error).toMatchObject({ kind: 'schema', code: 'COLUMNS_CHANGED' });
    expect(error.message).toContain('market_data.volume is decimal(20,8)');
    // from then on it is found before
    await expect(failureOf(db.marketData.upsertCandle(minute(3)))).resolves.toMatchObject({ kind: 'schema' });
    await expect(database.sql('select count(*) as count from market_data')).resolves.toEqual([{ count: 2 }]);
    await db.close();
    await database.remove();
  });

  it('is looked at once, also by many first writes at once, and costs no further trip', async () => {
    const { database, db } = await migrated();
    const statements: string[] = [];
    const silent = (): undefined => undefined;
    const logger = {
      debug: (_: unknown, text: unknown) => statements.push(String(text)),
      info: silent,
      warn: silent,
      error: silent,
    };
    const told = new DatabaseOperations({ url: database.url, logger, logQueries: true });
    await Promise.all(Array.from({ length: 20 }, (_, n) => told.marketData.upsertCandle(minute(10 + n))));
    await told.marketData.upsertCandle(minute(1));
    await told.marketData.upsertCandles([minute(2), minute(3)]);
    await told.marketData.upsertCandle(minute(4));
    expect(statements.filter((statement) => statement.includes('information_schema.columns'))).toHaveLength(1);
    await told.close();
    await db.close();
    await database.remove();
  });
});
