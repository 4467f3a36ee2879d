import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot, candle, point } from '../support/samples.ts';

/** Enough to count a few rows on a busy machine. */
const BUDGET_MS = 2_000;
/** What a budget of a quarter of a second may become there; a silent connection is lost after six seconds. */
const IN_TIME_MS = 5_000;

onEveryServer('the time that statistics take of a', (dialect) => {
  let database: FreshDatabase;
  let proxy: FaultProxy;
  const opened: DatabaseOperations[] = [];

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, ...options });
    opened.push(db);
    return db;
  };

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    proxy = await openFaultProxy(database.url);
    await instance().migrations.up();
    // so that the server does not correct in the background what a test makes it believe
    await database.sql('alter table market_data stats_auto_recalc = 0');
  });

  beforeEach(async () => {
    for (const table of ['market_data', 'raw_trades', 'bots']) {
      await database.sql(`delete from ${table}`);
    }
    const [db = instance()] = opened;
    await db.marketData.upsertCandles([candle(0), candle(1), candle(2)]);
    await db.rawTrades.insertMany([point(0), point(1)]);
    await db.bots.add(bot());
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await proxy.close();
    await database.remove();
  });

  it('is not spent on a count that is hopeless by its estimate', async () => {
    await believeRows(1_000_000_000);
    const statements: string[] = [];
    const ignore = () => undefined;
    const debug = (_details: object, message: string) => statements.push(message);
    const db = instance({
      statsBudgetMs: BUDGET_MS,
      logger: { debug, info: ignore, warn: ignore, error: ignore },
      logQueries: true,
    });

    await expect(db.getStats()).resolves.toMatchObject({
      botCount: 1,
      candleCount: 1_000_000_000,
      rawTradeCount: 2,
      estimated: ['candleCount'],
    });
    expect(statements.filter((statement) => statement.includes('count(*)'))).toHaveLength(2);
    expect(statements.join()).not.toMatch(/from `market_data`/);
  });

  it('is spent on a count, and not on an estimate of zero', async () => {
    await believeRows(0);
    const db = instance({ statsBudgetMs: BUDGET_MS });
    await expect(db.getStats()).resolves.toMatchObject({ candleCount: 3, estimated: [] });
  });

  it('is shared: a table that cannot be counted, though it seems small, does not take that of the others', async () => {
    await believeRows(0);
    const db = instance({ statsBudgetMs: BUDGET_MS, pool: { max: 1 } });
    await db.connect();
    const before = await connectionIds();
    await database.sql('lock tables market_data write');
    try {
      await expect(db.getStats()).resolves.toMatchObject({
        botCount: 1,
        candleCount: 0,
        rawTradeCount: 2,
        estimated: ['candleCount'],
        healthy: true,
      });
    } finally {
      await database.sql('unlock tables');
    }
    // the server has ended the count by itself, so the connection is as good as ever
    await expect(db.marketData.countCandles({})).resolves.toBe(3);
    expect(await connectionIds()).toEqual(before);
  });

  it('is kept to when the server does not stop, and no caller gets the connection', async () => {
    const db = instance({ url: proxy.through(database.url), statsBudgetMs: 250, pool: { max: 1 } });
    await db.connect();
    const connections = proxy.connections;
    proxy.stallAfter('count(*)');

    const start = performance.now();
    const stats = await db.getStats();
    expect(performance.now() - start).toBeLessThan(IN_TIME_MS);
    expect(stats.estimated).toEqual(['botCount', 'candleCount', 'rawTradeCount']);
    expect(db.pool).toMatchObject({ size: 1, free: 0 });

    await expect(db.bots.list()).resolves.toHaveLength(1);
    // another one ended the count at the server before anything else was sent
    expect(proxy.connections).toBeGreaterThan(connections + 1);
    expect(db.pool).toMatchObject({ size: 1, free: 1, pending: 0 });
  });

  it('does not hold up closing for long when the server does not stop', async () => {
    const db = instance({ url: proxy.through(database.url), statsBudgetMs: 250 });
    await db.connect();
    proxy.stallAfter('count(*)');
    await db.getStats();
    const start = performance.now();
    await db.close();
    expect(performance.now() - start).toBeLessThan(IN_TIME_MS);
  });

  it('ends without figures where the database does not answer at all', async () => {
    const db = instance({ url: proxy.through(database.url), connectTimeoutMs: 1_500, pool: { max: 1 } });
    await db.connect();
    proxy.stallAfter('information_schema.tables');
    await expect(db.getStats()).resolves.toMatchObject({
      candleCount: null,
      healthy: false,
      error: { operation: 'getStats', kind: 'timeout', attempts: 1 },
    });
    await expect(db.getStats()).resolves.toMatchObject({ healthy: true });
  });

  /** Makes the server believe that there are so many candles; it looks at what it noted when a table gets a name. */
  async function believeRows(rows: number): Promise<void> {
    await database.sql('analyze table market_data');
    await database.sql(
      `update mysql.innodb_table_stats set n_rows = ${rows} where database_name = database() and table_name = 'market_data'`,
    );
    await database.sql('rename table market_data to renamed');
    await database.sql('rename table renamed to market_data');
  }

  async function connectionIds(): Promise<unknown> {
    return database.sql(
      'select id from information_schema.processlist where db = database() and id <> connection_id() order by id',
    );
  }
});
