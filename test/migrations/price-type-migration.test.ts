import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, NEW_YEAR, SERIES } from '../support/samples.ts';

const INITIAL = 'migration-20261120120000-initial';
const PRICE_TYPE = 'migration-20261121200000-price-type';
const MANY = 20_000;

// the columns of the first migration, as its version of the library writes them
const COLUMNS =
  'exchange, symbol, timeframe, start_time, end_time, open, high, low, close, volume, trade_count, closed, updated_at';

onEveryDatabase('the migration to price types', (bench) => {
  const isFile = bench.dialect === 'sqlite';
  const lines: { readonly details: Record<string, unknown>; readonly message: string }[] = [];
  let database: FreshDatabase;
  let db: DatabaseOperations;

  const silent = (): void => undefined;
  const logger = {
    ...{ debug: silent, warn: silent, error: silent },
    info: (details: object, message: string) => void lines.push({ details: { ...details }, message }),
  };

  beforeEach(async () => {
    lines.length = 0;
    database = await freshDatabase(bench.dialect);
    db = new DatabaseOperations({ url: database.url, autoMigrate: false, logger });
    await db.migrations.up();
    await expect(db.migrations.down()).resolves.toEqual([PRICE_TYPE]);
  });

  afterEach(async () => {
    await db.close();
    await database.remove();
  });

  const instant = (ms: number): string | number =>
    isFile ? ms : `'${new Date(ms).toISOString().slice(0, -1).replace('T', ' ')}'`;
  const decimal = (text: string): string => {
    const [whole = '', fraction = ''] = text.split('.');
    return isFile ? `'${whole.padStart(18, '0')}.${fraction.padEnd(18, '0')}'` : text;
  };

  /** The upsert of one row by the version before. */
  const oldUpsert = (minute: number): string => {
    const start = NEW_YEAR + minute * 60_000;
    const prices = ['42000.1', '42010', '41990.5', '42005', '0.000000000000000001'].map(decimal);
    const values = [
      instant(start),
      instant(start + 60_000),
      ...prices,
      minute % 3 === 0 ? 'null' : 7,
      1,
      instant(start),
    ];
    const conflict = isFile
      ? 'on conflict (exchange, symbol, timeframe, start_time) do nothing'
      : 'on duplicate key update exchange = market_data.exchange';
    return `insert into market_data (${COLUMNS}) values ('okx', 'BTC-USDT', '1m', ${values.join(', ')}) ${conflict}`;
  };

  /** Fills the table with many rows, from those that are there. */
  const multiply = async (): Promise<void> => {
    for (const symbol of ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J']) {
      const numbers =
        `with recursive n as (select 0 as k union all select k + 1 from n where k < ${MANY / 100 - 1}) ` +
        `select exchange, concat('${symbol}', k), timeframe, start_time, end_time, open, high, low, close, volume, trade_count, closed, updated_at from market_data, n where symbol = 'BTC-USDT'`;
      await database.sql(`insert into market_data (${COLUMNS}) ${numbers}`);
    }
  };

  const stored = (): Promise<unknown> =>
    database.sql(`select ${COLUMNS} from market_data order by exchange, symbol, timeframe, start_time`);

  it('keeps every stored candle as one of trades: up, down and up again', async () => {
    for (let minute = 0; minute < 10; minute += 1) {
      await database.sql(oldUpsert(minute));
    }
    const before = await stored();
    for (let round = 0; round < 2; round += 1) {
      await expect(db.migrations.up()).resolves.toEqual([PRICE_TYPE]);
      await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
      await expect(stored()).resolves.toEqual(before);
      const candles = await db.marketData.getCandles({ ...SERIES, ...ALWAYS });
      expect(candles).toHaveLength(10);
      expect(candles[1]).toMatchObject({
        ...{ priceType: 'trade', volume: '0.000000000000000001', tradeCount: 7, quoteVolume: null, openInterest: null },
        updatedAt: new Date(NEW_YEAR + 60_000),
      });
      await expect(db.migrations.down()).resolves.toEqual([PRICE_TYPE]);
      await expect(stored()).resolves.toEqual(before);
    }
    // the version before writes again
    await database.sql(oldUpsert(10));
    await expect(database.sql('select count(*) as count from market_data')).resolves.toEqual([{ count: 11 }]);
  });

  it('lets no program write that does not know the price type', async () => {
    await database.sql(oldUpsert(0));
    await db.migrations.up();
    await expect(database.sql(oldUpsert(1))).rejects.toThrow(
      isFile ? /ON CONFLICT clause does not match/ : /'price_type' doesn't have a default value/,
    );
    const refused = isFile
      ? "insert into bots (name) values ('a') on conflict (symbol) do nothing"
      : "insert into market_data (exchange) values ('okx')";
    await expect(failureOf(db.sql.execute(refused))).resolves.toMatchObject(
      isFile ? { kind: 'schema' } : { kind: 'constraint', message: expect.stringContaining('newer version') },
    );
    await expect(db.marketData.countCandles()).resolves.toBe(1);
  });

  it('is not undone where that would mix price types, and says which series', async () => {
    await db.migrations.up();
    await db.marketData.upsertCandles([candle(0), candle(0, { priceType: 'mark' })]);
    const error = await failureOf(db.migrations.down());
    expect(error).toMatchObject({ kind: 'constraint', code: 'MIGRATION_WOULD_LOSE', retryable: false });
    expect(error.message).toContain('okx BTC-USDT 1m mark');
    await expect(db.migrations.executed()).resolves.toHaveLength(2);
    await expect(db.marketData.countCandles()).resolves.toBe(2);
    await db.marketData.deleteCandles({ ...SERIES, ...ALWAYS, priceType: 'mark' });
    await expect(db.migrations.down()).resolves.toEqual([PRICE_TYPE]);
    await expect(database.sql('select count(*) as count from market_data')).resolves.toEqual([{ count: 1 }]);
  });

  // of a file, nothing is left of a migration that was cut off
  if (!isFile) {
    it('goes on where it was cut off', async () => {
      await database.sql(oldUpsert(0));
      await db.migrations.up();
      await database.sql(`delete from mikro_orm_migrations where name = '${PRICE_TYPE}'`);
      await database.sql("alter table market_data alter column price_type set default 'trade'");
      await expect(db.migrations.up()).resolves.toEqual([PRICE_TYPE]);
      await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
      await expect(failureOf(db.sql.execute(oldUpsert(1)))).resolves.toMatchObject({ kind: 'constraint' });
    });
  }

  it('runs on many rows beside a reader, and says how long it took', async () => {
    for (let minute = 0; minute < 10; minute += 1) {
      await database.sql(oldUpsert(minute));
    }
    await multiply();
    const count = MANY + 10;
    let running = true;
    let reads = 0;
    const reading = (async () => {
      while (running) {
        const found = await database.sql("select count(*) as count from market_data where symbol = 'BTC-USDT'");
        expect(found).toEqual([{ count: 10 }]);
        reads += 1;
        await sleep(1);
      }
    })();
    await expect(db.migrations.up()).resolves.toEqual([PRICE_TYPE]);
    running = false;
    await reading;
    expect(reads).toBeGreaterThan(0);
    await expect(db.marketData.countCandles()).resolves.toBe(count);
    const said = lines.filter(({ message }) => message === 'migrated').map(({ details }) => details);
    expect(said).toEqual(
      [INITIAL, PRICE_TYPE, PRICE_TYPE].map((migration) => ({ migration, durationMs: expect.any(Number) })),
    );
  });
});
