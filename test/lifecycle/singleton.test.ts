import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseOperations, getDatabaseOperations, isConfigurationError } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, SERIES } from '../support/samples.ts';

onEveryDatabase('getDatabaseOperations', (bench) => {
  const environment = { ...process.env };

  beforeEach(() => {
    process.env['DATABASE_URL'] = bench.database.url;
  });

  afterEach(async () => {
    await getDatabaseOperations().close();
    process.env = { ...environment };
  });

  it('gives the same instance until it is closed, and then a fresh one', async () => {
    const first = getDatabaseOperations();
    expect(first).toBeInstanceOf(DatabaseOperations);
    expect(getDatabaseOperations()).toBe(first);
    await first.close();
    const second = getDatabaseOperations();
    expect(second).not.toBe(first);
    expect(second.closed).toBe(false);
  });

  it('gives a new one as soon as the close has begun', async () => {
    const first = getDatabaseOperations();
    const closing = first.close();
    expect(getDatabaseOperations()).not.toBe(first);
    await closing;
  });

  it('opens nothing yet', () => {
    expect(getDatabaseOperations().pool.size).toBe(0);
  });

  it('reads the environment when the instance is made, and not again', async () => {
    process.env['DEFAULT_EXCHANGE'] = 'binance';
    const db = getDatabaseOperations();
    process.env['DEFAULT_EXCHANGE'] = 'kraken';
    await getDatabaseOperations().marketData.upsertCandle(candle());
    await expect(db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ exchange: 'binance' });
  });

  it('prefers an option to its variable', async () => {
    process.env['DEFAULT_EXCHANGE'] = 'binance';
    const db = getDatabaseOperations({ defaultExchange: 'kraken' });
    await db.marketData.upsertCandle(candle());
    await expect(db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ exchange: 'kraken' });
  });

  it('takes the same options again, and none', () => {
    const db = getDatabaseOperations({ pool: { max: 2 } });
    expect(getDatabaseOperations({ pool: { max: 2 } })).toBe(db);
    expect(getDatabaseOperations()).toBe(db);
  });

  it('throws for other options instead of ignoring them', () => {
    const db = getDatabaseOperations({ defaultExchange: 'binance' });
    expect(() => getDatabaseOperations({ defaultExchange: 'okx' })).toThrow(/other options/);
    expect(() => getDatabaseOperations({})).toThrow(/other options/);
    expect(getDatabaseOperations()).toBe(db);
  });

  it('throws for a faulty variable by its name, and may be called again when it is corrected', () => {
    process.env['DB_POOL_MAX'] = 'many';
    let thrown: unknown;
    try {
      getDatabaseOperations();
    } catch (error) {
      thrown = error;
    }
    expect(isConfigurationError(thrown)).toBe(true);
    expect(String(thrown)).toContain('DB_POOL_MAX');
    process.env['DB_POOL_MAX'] = '2';
    expect(getDatabaseOperations()).toBeInstanceOf(DatabaseOperations);
  });
});
