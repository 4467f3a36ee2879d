import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
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
/** Writes so many messages without an id of their own, prints each batch that was acknowledged, and stays. */
const COLLECTOR = `
  const { DatabaseOperations } = await import(${LIBRARY});
  const [url, directory, messages] = process.argv.slice(1);
  const retry = { outage: { attempts: 2, baseDelayMs: 1, maxDelayMs: 20, maxElapsedMs: 500 } };
  const db = new DatabaseOperations({ url, connectRetries: 0, retry });
  const writer = db.rawTrades.rawTradeWriter({ spool: { directory }, flushIntervalMs: 2147483647 });
  for (let n = 0; n < Number(messages); n += 1) {
    writer.write({ symbol: 'CRASH', dataType: 'trade', rawData: JSON.stringify({ n }) });
    if (n % 10 === 9) {
      await writer.flush();
      await new Promise((resolve) => process.stdout.write(n + ' ' + writer.stats().spooled + '\\n', resolve));
    }
  }
  setInterval(() => undefined, 1_000);`;

interface Collector {
  readonly process: ChildProcess;
  /** The number of the last message that was acknowledged. */
  last: number;
  spooled: number;
}

onEveryServer('a process that is killed while it spools in the absence of a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let folder: string;
  const collectors: Collector[] = [];
  let db: DatabaseOperations;

  const start = (messages: number): Collector => {
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        COLLECTOR,
        database.url,
        folder,
        String(messages),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const collector: Collector = { process: child, last: -1, spooled: 0 };
    collectors.push(collector);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [last, spooled] = line.split(' ').map(Number);
      collector.last = last as number;
      collector.spooled = spooled as number;
    });
    return collector;
  };

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--innodb-flush-log-at-trx-commit=1'] });
    database = await freshOn(server.url, dialect);
    folder = await mkdtemp(join(tmpdir(), 'tradestore-crash-'));
    db = new DatabaseOperations({ url: database.url, connectRetries: 100 });
    await db.migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    for (const { process: child } of collectors) {
      child.kill('SIGKILL');
    }
    await db.close({ force: true });
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('has lost no message that was acknowledged, and stored none twice, when another one has drained it', async () => {
    const collector = start(1_000_000);
    await until(() => collector.last > 200);
    await server.kill('SIGKILL');
    await until(() => collector.spooled > 500);
    collector.process.kill('SIGKILL');
    await once(collector.process, 'close');
    const { last } = collector;
    const status = await spoolStatus(folder);
    expect(status.usedBy).toBeNull();
    expect(status.rows).toBeGreaterThanOrEqual(500);

    // killed once more, while it drains
    await server.restart();
    const next = start(0);
    await until(async () => (await spoolStatus(folder)).rows < status.rows - 100);
    next.process.kill('SIGKILL');
    await once(next.process, 'close');

    const drained = await db.drainSpool({ directory: folder });
    expect(drained).toMatchObject({ refused: 0, left: 0 });
    const stored = await db.rawTrades.getRawTrades({ symbol: 'CRASH', dataType: 'trade', ...ALWAYS });
    const numbers = stored.map(({ rawData }) => (JSON.parse(rawData) as { n: number }).n).sort((a, b) => a - b);
    expect(numbers.slice(0, last + 1)).toEqual(Array.from({ length: last + 1 }, (_, n) => n));
    // the last ones were on disk, but their acknowledgement was not heard any more
    expect(numbers.length - last - 1).toBeLessThanOrEqual(20);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
