import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { CliFolder, finished } from '../cli/run-cli.ts';
import { freeze } from '../support/freeze.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { holdUp } from '../support/hold-up.ts';
import { untilLockWait } from '../support/lock-wait.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle, NEW_YEAR, point } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const HOUR_MS = 3_600_000;

onEveryServer('shutting down, with a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let folder: string;
  let db: DatabaseOperations;

  beforeAll(async () => {
    server = await startServer(dialect);
    database = await freshOn(server.url, dialect);
    folder = await mkdtemp(join(tmpdir(), 'tradestore-shutdown-'));
    db = new DatabaseOperations({ url: database.url });
    await db.migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await db.close({ force: true });
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('takes no longer than it may where the server hangs: a spool takes the rows, or unwritten has them', async () => {
    const instance = new DatabaseOperations({ url: database.url, shutdownTimeoutMs: 300 });
    await instance.connect();
    const safe = instance.rawTrades.rawTradeWriter({ flushIntervalMs: HOUR_MS, spool: { directory: folder } });
    const plain = instance.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
    const failed = once(plain, 'error');
    await freeze(server);
    try {
      for (let index = 0; index < 100; index += 1) {
        safe.write(point(index));
        plain.write(candle(index));
      }
      const report = await instance.close();
      expect(report).toMatchObject({ flushed: 0, spooled: 100, unwritten: 100, leftInSpools: 100, forced: true });
      // a busy machine adds to the 300 ms; nothing else would end before the test
      expect(report.durationMs).toBeLessThan(10_000);
      await expect(failed).resolves.toMatchObject([{ kind: 'closed' }]);
      expect(plain.unwritten).toHaveLength(100);
    } finally {
      await server.kill('SIGCONT');
    }
    await expect(db.drainSpool({ directory: folder })).resolves.toEqual({ drained: 100, refused: 0, left: 0 });
    await expect(db.rawTrades.getRawDataStats()).resolves.toMatchObject({ count: 100 });
  });

  it('does not wait for a connection that is never made', async () => {
    const instance = new DatabaseOperations({ url: database.url, shutdownTimeoutMs: 200, connectTimeoutMs: 25_000 });
    await freeze(server);
    try {
      const connecting = instance.connect().catch((error: unknown) => error);
      const { durationMs, forced } = await instance.close();
      expect([durationMs < 10_000, forced]).toEqual([true, true]);
      await server.kill('SIGCONT');
      await connecting;
    } finally {
      await server.kill('SIGCONT');
    }
  });

  it('by a signal to the command line cuts off a batch that does not end', async () => {
    const cli = await CliFolder.make();
    const rows = Array.from({ length: 10 }, (_, minute) => [NEW_YEAR + minute * 60_000, 1, 1, 1, 1, 1]);
    await cli.file('candles.json', JSON.stringify(rows));
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      // the server goes on with what was cut off until it has the lock: each has one of its own
      const letGo = await holdUp(db, candle(3, { symbol: signal }));
      const series = ['--exchange', 'okx', '--symbol', signal, '--timeframe', '1m'];
      const child = cli.start(['import', 'candles.json', ...series], {
        DATABASE_URL: database.url,
        DB_SHUTDOWN_TIMEOUT_MS: '300',
      });
      child.stdin.end();
      const ended = finished(child);
      await untilLockWait(database, `insert%${signal}%`);
      const start = performance.now();
      child.kill(signal);
      const result = await ended;
      expect(result.code).toBe(code);
      expect(performance.now() - start).toBeLessThan(15_000);
      expect(result.stderr).toContain('cut off after 300 ms');
      await letGo();
    }
    await cli[Symbol.asyncDispose]();
  });
});
