import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations, spoolStatus } from '../../src/index.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

const LIBRARY = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href);
/** Writes as long as there is room, prints its state every 20 ms, and ends when all is stored. */
const COLLECTOR = `
  const { DatabaseOperations } = await import(${LIBRARY});
  const [url, directory] = process.argv.slice(1);
  const retry = { outage: { attempts: 2, baseDelayMs: 1, maxDelayMs: 20, maxElapsedMs: 500 } };
  const db = new DatabaseOperations({ url, connectRetries: 0, retry });
  const writer = db.rawTrades.rawTradeWriter({ spool: { directory }, batchRows: 20, highWaterMark: 80, flushIntervalMs: 5 });
  let taken = 0;
  const tell = setInterval(() => {
    const { spooled, queued, spool } = writer.stats();
    console.log(JSON.stringify({ taken, spooled, queued, full: spool.full, rows: spool.rows, error: spool.error?.message, cpu: process.cpuUsage().user }));
  }, 20);
  while (taken < 400) {
    taken += 1;
    const room = writer.write({ symbol: 'DISK', dataType: 'trade', rawData: JSON.stringify({ taken, filler: 'x'.repeat(20_000) }) });
    if (!room) await new Promise((resolve) => writer.once('drain', resolve));
  }
  await writer.flush();
  while (writer.stats().spool.rows > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  clearInterval(tell);
  await db.close();`;

interface Told {
  readonly taken: number;
  readonly spooled: number;
  readonly queued: number;
  readonly full: boolean;
  readonly rows: number;
  readonly error?: string;
  readonly cpu: number;
}

onEveryServer('a spool whose disk takes no more, in an outage of a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let folder: string;

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--innodb-flush-log-at-trx-commit=1'] });
    database = await freshOn(server.url, dialect);
    folder = await mkdtemp(join(tmpdir(), 'tradestore-disk-'));
    const db = new DatabaseOperations({ url: database.url });
    await db.migrations.up();
    await db.close();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('makes its writer wait without spinning, and all is stored once the server is back', async () => {
    // the system lets no file of this process grow beyond 2 MB, whatever SQLite believes (blocks of 1 kB or 512 bytes)
    const limited = `trap '' XFSZ; ulimit -f 2000; exec "$0" "$@"`;
    await server.kill('SIGKILL');
    const child = spawn(
      'bash',
      [
        '-c',
        limited,
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        COLLECTOR,
        database.url,
        folder,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      let now: Told | undefined;
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      createInterface({ input: child.stdout }).on('line', (line) => {
        now = JSON.parse(line) as Told;
      });
      await until(() => now?.full === true);
      const full = now as unknown as Told;
      await until(() => (now as Told).taken === full.taken || !(now as Told).full);
      expect(full.error).toMatch(/cannot be used|disk .* is full/);
      expect(full.spooled).toBeGreaterThan(0);
      await expect(spoolStatus(folder)).resolves.toMatchObject({ rows: full.spooled });
      const before = (now as Told).cpu;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const waiting = now as Told;
      expect(waiting).toMatchObject({ full: true, spooled: full.spooled });
      expect(waiting.spooled + waiting.queued).toBe(waiting.taken);
      expect(waiting.cpu - before).toBeLessThan(700_000);

      await server.restart();
      await expect(ended).resolves.toBe(0);
      const db = new DatabaseOperations({ url: database.url });
      const stored = await db.rawTrades.getRawTrades({ symbol: 'DISK', dataType: 'trade', ...ALWAYS });
      const numbers = stored.map(({ rawData }) => (JSON.parse(rawData) as { taken: number }).taken);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
      await db.close();
    } finally {
      child.kill('SIGKILL');
    }
  });
});
