import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions, type RawWebsocketData } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { freeze } from '../support/freeze.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { untilLockWait } from '../support/lock-wait.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle, point, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const PATIENT = { outage: { attempts: 100, baseDelayMs: 20, maxDelayMs: 200 } } as const;

onEveryServer('writers in an outage of a real', (dialect) => {
  let server: OwnServer;
  let proxy: FaultProxy;
  let database: FreshDatabase;
  const opened: DatabaseOperations[] = [];

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, ...options });
    opened.push(db);
    return db;
  };

  beforeAll(async () => {
    server = await startServer(dialect, {
      // what was acknowledged must outlive the server that is killed
      flags: ['--innodb-flush-log-at-trx-commit=1', '--max-allowed-packet=1M'],
    });
    proxy = await openFaultProxy(server.url);
    database = await freshOn(server.url, dialect);
    await instance().migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await proxy.close();
    await server.stop();
  });

  it('store a batch whose answer was lost once, and count that it was sent again', async () => {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const db = instance({ url: url.href });
    await db.connect();
    const writer = db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
    writer.write(candle(0, { symbol: 'CUT' }));
    writer.write(candle(1, { symbol: 'CUT' }));
    proxy.cutAfter('insert into `market_data`');
    await writer.flush();
    expect(writer.stats()).toMatchObject({ retried: 1, rejected: 0, queued: 0 });
    await expect(db.marketData.countCandles({ symbol: 'CUT' })).resolves.toBe(2);
  });

  it('store a batch again that was the victim of a deadlock, and count it', async () => {
    const db = instance();
    const series = { symbol: 'DEADLOCK' };
    await db.marketData.upsertCandles(Array.from({ length: 30 }, (_, minute) => candle(minute, series)));
    const writer = db.marketData.candleWriter({ forceUpdate: true, flushIntervalMs: HOUR_MS });
    await instance({ retry: { contention: { attempts: 1 } } }).transaction(async (tx) => {
      // it has changed more rows than the writer, so the server chooses the writer
      const changed = Array.from({ length: 20 }, (_, index) => candle(10 + index, { ...series, volume: 1 }));
      await tx.marketData.upsertCandles(changed, { forceUpdate: true });
      writer.write(candle(0, { ...series, volume: 2 }));
      writer.write(candle(10, { ...series, volume: 2 }));
      void writer.flush();
      await untilLockWait(database, 'insert into `market_data`%');
      await tx.marketData.upsertCandles([candle(0, { ...series, volume: 1 })], { forceUpdate: true });
    });
    await writer.flush();
    expect(writer.stats()).toMatchObject({ updated: 2, queued: 0 });
    expect(writer.stats().retried).toBeGreaterThan(0);
    const stored = await db.marketData.getCandles({
      ...SERIES,
      ...series,
      startTime: 0,
      endTime: '2100-01-01T00:00:00Z',
    });
    expect([stored[0]?.volume, stored[10]?.volume, stored[11]?.volume]).toEqual(['2', '2', '1']);
  });

  it('hold no more than their mark while the server hangs', async () => {
    const db = instance();
    await db.connect();
    const writer = db.rawTrades.rawTradeWriter({ batchRows: 50, highWaterMark: 200 });
    let taken = 0;
    await freeze(server);
    const recording = pipeline(async function* () {
      for (; taken < 1_000; taken += 1) {
        yield point(taken, { symbol: 'FROZEN' });
      }
    }, writer);
    await until(() => writer.stats().queued === 200);
    await sleep(100);
    expect(writer.stats().queued).toBe(200);
    // one more is asked for before the producer has to wait
    expect(taken).toBeLessThanOrEqual(200);
    await server.kill('SIGCONT');
    await recording;
    expect(writer.stats()).toMatchObject({ inserted: 1_000, queued: 0 });
  });

  it('report a message that is larger than the server takes, and store the others', async () => {
    const writer = instance().rawTrades.rawTradeWriter();
    const told: unknown[] = [];
    writer.on('rejected', ({ row, issues }) => told.push([row.sourceId, issues[0]?.path, issues[0]?.received]));
    writer.write(point(0, { symbol: 'LARGE' }));
    writer.write(point(1, { symbol: 'LARGE', payload: JSON.stringify('x'.repeat(2_000_000)) }));
    writer.write(point(2, { symbol: 'LARGE' }));
    await writer[Symbol.asyncDispose]();
    expect(told).toEqual([['trade-1', 'rawData', expect.stringContaining('more than the server takes')]]);
    expect(writer.stats()).toMatchObject({ inserted: 2, rejected: 1, queued: 0 });
  });

  it('lose no row and store none twice when the server is killed under them and comes back', async () => {
    const db = instance({ retry: PATIENT, connectRetries: 100 });
    const writer = db.rawTrades.rawTradeWriter({ batchRows: 100 });
    const rows = 5_000;
    let restarted: Promise<void> | undefined;
    const messages = async function* (): AsyncGenerator<RawWebsocketData> {
      for (let n = 0; n < rows; n += 1) {
        if (n === 1_500) {
          restarted = server.kill('SIGKILL').then(() => server.restart());
        }
        if (n % 100 === 0) {
          await sleep(1);
        }
        // without an id of its own, so that only the library can tell one message from the other
        yield { symbol: 'KILLED', dataType: 'trade', rawData: JSON.stringify({ n }) };
      }
    };
    await pipeline(messages, writer);
    await restarted;

    expect(writer.stats().retried).toBeGreaterThan(0);
    expect(writer.stats()).toMatchObject({ queued: 0, rejected: 0 });
    const stored = await db.rawTrades.getRawTrades({
      symbol: 'KILLED',
      dataType: 'trade',
      startTime: 0,
      endTime: '2100-01-01T00:00:00Z',
    });
    const numbers = stored.map(({ rawData }) => (JSON.parse(rawData) as { n: number }).n).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: rows }, (_, n) => n));
  });

  it('fail when the server stays away, once and by name, with every row that is not stored', async () => {
    const errors: string[] = [];
    const nothing = () => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (_: object, message: string) => errors.push(message),
    };
    const retry = { outage: { attempts: 2, baseDelayMs: 1 } };
    const db = instance({ logger, retry, connectRetries: 1 });
    const writer = db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
    writer.write(candle(0, { symbol: 'AWAY' }));
    await writer.flush();
    await server.kill('SIGKILL');
    for (let minute = 1; minute <= 7; minute += 1) {
      writer.write(candle(minute, { symbol: 'AWAY' }));
    }
    const failed = once(writer, 'error');
    await expect(writer.flush()).rejects.toMatchObject({ kind: 'connection' });
    const [error] = await failed;
    expect(error).toMatchObject({ operation: 'marketData.candleWriter', kind: 'connection', retryable: true });
    expect(error.message).toContain('7 rows are not known to be stored');
    expect(writer.stats()).toMatchObject({ inserted: 1, queued: 7, retried: 1 });
    expect(errors.length).toBe(1);

    await server.restart();
    const again = db.marketData.candleWriter();
    for (const row of writer.unwritten) {
      again.write(row);
    }
    await again[Symbol.asyncDispose]();
    await expect(db.marketData.countCandles({ symbol: 'AWAY' })).resolves.toBe(8);
  });
});
