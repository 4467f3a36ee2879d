import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import {
  type CandleWriterOptions,
  DatabaseOperations,
  type DatabaseOptions,
  readSpool,
  type SpoolState,
  spoolStatus,
} from '../../src/index.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { storedRows } from '../support/stored-rows.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const BRIEF: DatabaseOptions = {
  connectRetries: 0,
  retry: { outage: { attempts: 2, baseDelayMs: 1, maxDelayMs: 20, maxElapsedMs: 500 } },
};

onEveryServer('a spool in an outage of a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let folder: string;
  let directory: string;
  const opened: DatabaseOperations[] = [];
  let spools = 0;

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, ...BRIEF, ...options });
    opened.push(db);
    return db;
  };
  const spooling = (options: CandleWriterOptions = {}): CandleWriterOptions => ({
    flushIntervalMs: HOUR_MS,
    spool: { directory },
    ...options,
  });
  /** On a connection of its own: any other does not outlive the server. */
  const sql = async (statement: string): Promise<void> => {
    const connection = await createConnection(database.url.replace(/^mariadb:/, 'mysql:'));
    await connection.query(statement);
    await connection.end();
  };
  const drained = (): Promise<void> => until(async () => (await spoolStatus(directory)).rows === 0);

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--innodb-flush-log-at-trx-commit=1'] });
    database = await freshOn(server.url, dialect);
    folder = await mkdtemp(join(tmpdir(), 'tradestore-spool-'));
    await instance().migrations.up();
  }, startServerTimeoutMs);

  beforeEach(async () => {
    spools += 1;
    directory = join(folder, String(spools));
    await instance().marketData.deleteCandles({ ...SERIES, ...ALWAYS });
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('takes rows for stored as soon as they are on disk, and drains them when the server is back', async () => {
    const db = instance();
    const candles = db.marketData.candleWriter(spooling());
    const trades = db.rawTrades.rawTradeWriter(spooling());
    const told: SpoolState[] = [];
    candles.on('spool', (state) => told.push(state));
    candles.write(candle(0));
    await candles.flush();
    await server.kill('SIGKILL');
    for (let index = 1; index <= 20; index += 1) {
      candles.write(candle(index));
      trades.write(point(index));
    }
    await Promise.all([candles.flush(), trades.flush()]);
    expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 20, queued: 0 });
    expect(candles.unwritten).toEqual([]);
    expect(trades.stats()).toMatchObject({ inserted: 0, spooled: 20, spool: { directory, rows: 40, full: false } });
    await expect(db.health()).resolves.toMatchObject({
      healthy: false,
      spools: [{ directory, rows: 40, error: { kind: 'connection' }, oldest: expect.any(Date) }],
    });
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 40, refused: 0, usedBy: expect.any(String) });

    await server.restart();
    await until(() => candles.stats().spool?.rows === 0);
    await until(async () => (await db.health()).healthy);
    await expect(Promise.all([db.marketData.countCandles(), db.rawTrades.getRawDataStats()])).resolves.toMatchObject([
      21,
      { count: 20 },
    ]);
    candles.write(candle(21));
    await candles.flush();
    expect(candles.stats()).toMatchObject({ inserted: 2, spooled: 20 });
    await until(() => told.at(-1)?.rows === 0);
    expect(told[0]).toMatchObject({ error: { kind: 'connection' } });
    await db.close();
  });

  it('keeps the order of versions across writes, and each batch its own mode', async () => {
    const db = instance();
    await db.connect();
    await server.kill('SIGKILL');
    const keeping = db.marketData.candleWriter(spooling());
    keeping.write(candle(0, { close: '41995' }));
    await keeping.flush();
    keeping.write(candle(0, { close: '41996' }));
    await keeping.flush();
    const overwriting = db.marketData.candleWriter(spooling({ forceUpdate: true }));
    for (const close of ['41997', '41998']) {
      overwriting.write(candle(1, { close }));
      await overwriting.flush();
    }
    const closing = db.marketData.candleWriter(spooling({ forceUpdate: 'unless-closed' }));
    closing.write(candle(2, { close: '41999', closed: true }));
    await closing.flush();
    closing.write(candle(2, { close: '42000', closed: false }));
    await closing.flush();
    const rows: unknown[] = [];
    for await (const { forceUpdate, row } of readSpool(directory)) {
      rows.push([forceUpdate, (row as { close: string }).close]);
    }
    expect(rows).toEqual([
      [false, '41995'],
      [false, '41996'],
      [true, '41997'],
      [true, '41998'],
      ['unless-closed', '41999'],
      ['unless-closed', '42000'],
    ]);
    await server.restart();
    await drained();
    const stored = await db.marketData.getCandles({ ...SERIES, ...ALWAYS });
    expect(stored.map(({ close }) => close)).toEqual(['41995', '41998', '41999']);
    await db.close();
  });

  it('is left to the next process, which drains it before its own rows', async () => {
    const first = instance();
    const writer = first.marketData.candleWriter(spooling({ forceUpdate: true }));
    await server.kill('SIGKILL');
    writer.write(candle(0, { close: '41995' }));
    writer.write(candle(1));
    const report = await first.close();
    expect(report).toMatchObject({ flushed: 0, spooled: 2, unwritten: 0, leftInSpools: 2, forced: false });
    await server.restart();
    const second = instance();
    const next = second.marketData.candleWriter(spooling({ forceUpdate: true }));
    next.write(candle(0, { close: '41999' }));
    await next.flush();
    await drained();
    const stored = await second.marketData.getCandles({ ...SERIES, ...ALWAYS });
    expect(stored.map(({ close }) => close)).toEqual(['41999', '42005']);
    await second.close();
  });

  it('makes its writers wait when it is full, says so, and goes on when the server is back', async () => {
    const errors: string[] = [];
    const nothing = () => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (_: object, text: string) => errors.push(text),
    };
    const db = instance({ logger });
    await db.connect();
    const writer = db.rawTrades.rawTradeWriter({
      spool: { directory, maxBytes: 2_000_000 },
      batchBytes: 200_000,
      highWaterMark: 100,
      batchRows: 25,
      flushIntervalMs: 1,
    });
    await server.kill('SIGKILL');
    let taken = 0;
    const payload = JSON.stringify('x'.repeat(10_000));
    // until it has waited for room so long that the spool is full
    for (let pauses = 0; pauses < 1; ) {
      taken += 1;
      if (!writer.write(point(taken, { symbol: 'FULL', payload }))) {
        const room = await Promise.race([
          once(writer, 'drain').then(() => true),
          until(() => writer.stats().spool?.full === true).then(() => false),
        ]);
        pauses += room ? 0 : 1;
      }
    }
    expect(writer.stats().spooled).toBeGreaterThan(0);
    expect(writer.stats().queued).toBeLessThanOrEqual(101);
    expect(writer.stats().spooled + writer.stats().queued).toBe(taken);
    const { spool } = writer.stats();
    expect(spool).toMatchObject({ full: true, error: { kind: 'configuration', retryable: true } });
    expect(spool?.error?.message).toContain('is full (maxBytes 2000000)');
    expect(errors.filter((text) => text.includes('is full'))).toHaveLength(1);
    await expect(db.health()).resolves.toMatchObject({ healthy: false, spools: [{ full: true }] });

    await server.restart();
    await writer.flush();
    await drained();
    await expect(db.rawTrades.getRawTrades({ symbol: 'FULL', dataType: 'trade', ...ALWAYS })).resolves.toHaveLength(
      taken,
    );
    expect(writer.stats()).toMatchObject({ rejected: 0, queued: 0, spool: { rows: 0, full: false, error: null } });
    await db.close();
  });

  it('is reported by watchHealth when it begins to hold rows, and when it is drained, over an outage', async () => {
    const db = instance();
    const end = new AbortController();
    const told: [healthy: boolean, spooled: boolean, failing: boolean][] = [];
    const watching = (async () => {
      for await (const { healthy, spools } of db.watchHealth({ intervalMs: 5, signal: end.signal })) {
        told.push([healthy, spools.some(({ rows }) => rows > 0), spools.some(({ error }) => error !== null)]);
      }
    })();
    await until(() => told.length === 1);
    const writer = db.marketData.candleWriter(spooling());
    await server.kill('SIGKILL');
    writer.write(candle(0));
    await writer.flush();
    await until(() => told.at(-1)?.join() === 'false,true,true');
    const reports = told.length;
    writer.write(candle(1));
    await writer.flush();
    await sleep(200);
    expect(told).toHaveLength(reports);
    await server.restart();
    await until(() => told.at(-1)?.[0] === true);
    await sleep(50);
    end.abort();
    await watching;
    expect(told[0]).toEqual([true, false, false]);
    expect(told.at(-1)).toEqual([true, false, false]);
    expect(told.filter(([healthy]) => healthy).length).toBeLessThanOrEqual(3);
    expect(told.length).toBeLessThan(10);
    await db.close();
  });

  it('keeps rows also where a table is missing, and stores them when it is there', async () => {
    const other = await freshOn(server.url, dialect);
    const db = instance({ url: other.url });
    const writer = db.marketData.candleWriter(spooling());
    writer.write(candle(0));
    await writer.flush();
    expect(writer.stats()).toMatchObject({ spooled: 1, spool: { error: { kind: 'schema' } } });
    await db.migrations.up();
    await drained();
    await expect(storedRows(other)).resolves.toMatchObject({ marketData: 1 });
    await db.close();
    await other.remove();
  });

  it('keeps rows apart that turn out to be the fault themselves', async () => {
    const db = instance();
    await sql('alter table market_data add constraint small check (volume < 100)');
    try {
      const late = db.marketData.candleWriter(spooling());
      await server.kill('SIGKILL');
      late.write(candle(1));
      late.write(candle(2, { volume: 100 }));
      late.write(candle(3));
      await late.flush();
      await server.restart();
      await drained();
      const stored = await db.marketData.getCandles({ ...SERIES, ...ALWAYS });
      expect(stored).toHaveLength(2);
      expect(late.stats().spool).toMatchObject({ rows: 0, refused: 1 });
      const left: unknown[] = [];
      for await (const { refused, row } of readSpool(directory)) {
        left.push([refused, (row as { volume: string }).volume]);
      }
      expect(left).toEqual([[expect.stringContaining('small'), '100']]);
      await db.close();
    } finally {
      await sql('alter table market_data drop constraint small');
    }
  });

  it('belongs to one database and to one process at a time, and refuses others by name', async () => {
    const db = instance();
    const writer = db.marketData.candleWriter(spooling());
    await server.kill('SIGKILL');
    writer.write(candle(0));
    await writer.flush();
    const beside = instance().marketData.candleWriter(spooling());
    const [inUse] = await once(beside, 'error');
    expect(inUse).toMatchObject({ kind: 'configuration' });
    expect(inUse.message).toContain(`process ${process.pid}`);
    await db.close();

    const url = new URL(database.url);
    url.pathname = '/another';
    const elsewhere = instance({ url: url.href }).marketData.candleWriter(spooling());
    const [wrong] = await once(elsewhere, 'error');
    expect(wrong.message).toMatch(/spooled for .*tradestore_/);
    await server.restart();
    const other = instance();
    await expect(other.drainSpool({ directory })).resolves.toEqual({ drained: 1, refused: 0, left: 0 });
    await other.close();
    expect(existsSync(join(directory, 'spool.db'))).toBe(true);
  });
});
