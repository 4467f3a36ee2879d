import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CandleWriterOptions,
  DatabaseOperations,
  type HealthReport,
  readSpool,
  spoolStatus,
} from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { until } from '../support/until.ts';

const BRIEF = { retry: { outage: { attempts: 2, baseDelayMs: 1, maxDelayMs: 10 } } } as const;

onEveryDatabase('a writer with a spool', (bench) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-spool-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('writes into the database as any other, and leaves the spool empty', async () => {
    const db = bench.instance();
    const directory = join(folder, 'empty');
    const candles = db.marketData.candleWriter({ spool: { directory } });
    const trades = db.rawTrades.rawTradeWriter({ spool: { directory } });
    candles.write(candle(0));
    trades.write(point(0));
    await Promise.all([candles.flush(), trades.flush()]);
    expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 0, spool: { directory, rows: 0, error: null } });
    await expect(db.health()).resolves.toMatchObject({ healthy: true, spools: [{ directory, rows: 0, oldest: null }] });
    await expect(db.close()).resolves.toMatchObject({ spooled: 0, leftInSpools: 0 });
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 1, rawTrades: 1 });
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 0, usedBy: null });
  });

  it('keeps rows while the tables are not there, on every database, and stores them to the letter later', async () => {
    const database = await freshDatabase(bench.dialect);
    const directory = join(folder, 'letters');
    const early = new DatabaseOperations({ url: database.url, autoMigrate: false, ...BRIEF });
    const candles = early.marketData.candleWriter({ spool: { directory } });
    const trades = early.rawTrades.rawTradeWriter({ spool: { directory } });
    const volume = '123456789012345678.123456789012345678';
    const payload = '{"price": 0.1e-7,\t"name": "\\u00e9 🚀 \\\\ \\" \\u2028", "n": 12345678901234567890}';
    candles.write(candle(0, { volume, symbol: 'é🚀', tradeCount: null, closed: false }));
    trades.write(point(0, { payload, timestamp: '2024-02-29T23:59:59.999Z', receivedAt: 1 }));
    trades.write({ symbol: 'NO-ID', dataType: 'trade', rawData: '1' });
    await Promise.all([candles.flush(), trades.flush()]);
    expect(candles.stats()).toMatchObject({ spooled: 1, queued: 0, spool: { error: { kind: 'schema' } } });
    await expect(early.health()).resolves.toMatchObject({ healthy: false });
    await early.close();
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 3 });

    const late = new DatabaseOperations({ url: database.url, ...BRIEF });
    await late.migrations.up();
    // a writer there drains it, whether the rows are its own or not
    const writer = late.marketData.candleWriter({ spool: { directory } });
    await until(() => writer.stats().spool?.rows === 0);
    await until(async () => (await storedRows(database)).rawTrades === 2);
    const [stored] = await late.marketData.getCandles({
      symbol: 'é🚀',
      timeframe: '1m',
      startTime: 0,
      endTime: '2100-01-01T00:00:00Z',
    });
    expect(stored).toMatchObject({ volume, tradeCount: null, closed: false });
    const [trade] = await late.rawTrades.getRawTrades({
      symbol: 'BTC-USDT',
      dataType: 'trade',
      startTime: 0,
      endTime: '2100-01-01T00:00:00Z',
    });
    expect(trade).toMatchObject({
      rawData: payload,
      timestamp: new Date('2024-02-29T23:59:59.999Z'),
      receivedAt: new Date(1),
    });
    await late.close();
    await database.remove();
  });

  it('is reported by health where it fails to drain, although the database is healthy', async () => {
    const database = await freshDatabase(bench.dialect);
    const db = new DatabaseOperations({ url: database.url, ...BRIEF });
    await db.migrations.up();
    await database.sql('alter table raw_trades rename to hidden');
    const writer = db.rawTrades.rawTradeWriter({ spool: { directory: join(folder, 'health') } });
    writer.write(point(0));
    await writer.flush();
    await expect(db.health()).resolves.toMatchObject({
      healthy: false,
      pendingMigrations: [],
      error: null,
      spools: [{ rows: 1, error: { kind: 'schema' } }],
    });
    await database.sql('alter table hidden rename to raw_trades');
    await until(async () => (await db.health()).healthy);
    await expect(storedRows(database)).resolves.toMatchObject({ rawTrades: 1 });
    await db.close();
    await database.remove();
  });

  it('is reported by watchHealth when it begins to hold rows, and when it is drained', async () => {
    const database = await freshDatabase(bench.dialect);
    await using db = new DatabaseOperations({ url: database.url, ...BRIEF });
    await db.migrations.up();
    const writer = db.rawTrades.rawTradeWriter({ spool: { directory: join(folder, 'watched') } });
    await writer.flush();
    const reports: HealthReport[] = [];
    const watching = (async () => {
      for await (const report of db.watchHealth({ intervalMs: 5 })) {
        reports.push(report);
      }
    })();
    await until(() => reports.length === 1);
    // the database is ill already, so that nothing but the spool changes
    await database.sql("update mikro_orm_migrations set name = 'hidden'");
    await until(() => reports.length === 2);
    await database.sql('alter table raw_trades rename to gone');
    writer.write(point(0));
    await writer.flush();
    await until(() => reports.at(-1)?.spools[0]?.rows === 1);
    await database.sql('alter table gone rename to raw_trades');
    await until(() => reports.at(-1)?.spools[0]?.rows === 0);
    expect(reports.every(({ healthy }, index) => healthy === (index === 0))).toBe(true);
    await db.close();
    await watching;
    await database.remove();
  });

  it('lets one directory serve several writers, each with its own way of writing', async () => {
    const database = await freshDatabase(bench.dialect);
    const directory = join(folder, 'shared');
    const db = new DatabaseOperations({ url: database.url, autoMigrate: false, ...BRIEF });
    for (const forceUpdate of [false, true, 'unless-closed'] as const) {
      const writer = db.marketData.candleWriter({ forceUpdate, spool: { directory } });
      writer.write(candle(0));
      await writer.flush();
    }
    await db.close();
    const modes: unknown[] = [];
    for await (const row of readSpool(directory)) {
      modes.push(row.forceUpdate);
    }
    expect(modes).toEqual([false, true, 'unless-closed']);
    await database.remove();
  });

  describe('is refused', () => {
    const make = (options: object) => () => bench.db.marketData.candleWriter(options as CandleWriterOptions);

    it.each<[what: string, options: object, path: string]>([
      ['without a directory', { spool: {} }, 'spool.directory'],
      ['with an empty one', { spool: { directory: '' } }, 'spool.directory'],
      ['when it is no object', { spool: '/tmp' }, 'spool'],
      ['with another option', { spool: { directory: 'x', size: 1 } }, 'spool.size'],
      ['when it is too small for what is held', { spool: { directory: 'x', maxBytes: 5_000_000 } }, 'spool.maxBytes'],
    ])('%s', (_what, options, path) => {
      expect(make(options)).toThrow(
        expect.objectContaining({ kind: 'invalid-input', issues: [expect.objectContaining({ path })] }),
      );
    });

    it('with another size than the spool has', () => {
      const directory = join(folder, 'sizes');
      const first = make({ spool: { directory, maxBytes: 30_000_000 } })();
      expect(make({ spool: { directory, maxBytes: 40_000_000 } })).toThrow(/as the other writers/);
      first.destroy();
    });

    it('for a database in memory, which no spool outlives', async () => {
      const db = new DatabaseOperations({ url: 'sqlite::memory:' });
      expect(() => db.marketData.candleWriter({ spool: { directory: folder } })).toThrow(/outlives the process/);
      await db.close();
    });

    it('to be drained where there is none', async () => {
      await expect(failureOf(bench.db.drainSpool({ directory: join(folder, 'none') }))).resolves.toMatchObject({
        kind: 'invalid-input',
        operation: 'drainSpool',
      });
    });
  });
});
