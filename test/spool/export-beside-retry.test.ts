import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { DatabaseOperations, spoolStatus } from '../../src/index.ts';
import { CliFolder } from '../cli/run-cli.ts';
import { candle } from '../support/samples.ts';
import { until } from '../support/until.ts';

const LIBRARY = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href);
/** Puts refused rows back and drains them into a database that refuses them again, until it is killed. */
const MOVER = `
  const { DatabaseOperations, retryRefused } = await import(${LIBRARY});
  const [url, directory] = process.argv.slice(1);
  const db = new DatabaseOperations({ url });
  for (;;) {
    await retryRefused(directory);
    await new Promise((resolve) => setTimeout(resolve, 20 * Math.random()));
    const { refused } = await db.drainSpool({ directory, setAside: true });
    process.stdout.write(refused + '\\n');
  }`;
const ROWS = 400;
const EXPORTS = process.env['TEST_GENERATED'] === 'full' ? 60 : 8;

it('an export misses no row that other processes put back and refuse again meanwhile', async () => {
  await using folder = await CliFolder.make();
  const directory = join(folder.path, 'spool');
  await using db = new DatabaseOperations({ url: folder.url, retry: { outage: { attempts: 2, baseDelayMs: 1 } } });
  await db.migrations.up();
  await db.sql.execute(
    "create trigger refuse before insert on market_data begin select raise(abort, 'refused here'); end",
  );
  const writer = db.marketData.candleWriter({ spool: { directory }, batchRows: 100 });
  for (let minute = 0; minute < ROWS; minute += 1) {
    writer.write(candle(minute));
  }
  await writer.flush();
  await db.close();
  await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: ROWS });

  const mover = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', MOVER, folder.url, directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const moved: number[] = [];
  createInterface({ input: mover.stdout }).on('line', (line) => moved.push(Number(line)));
  try {
    await until(() => moved.length > 0);
    for (let count = 0; count < EXPORTS; count += 1) {
      const { code, stdout, stderr } = await folder.run(['spool', 'export', '--directory', 'spool']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('exported')]);
      const lines = stdout.trim().split('\n');
      const exported = new Set(lines.map((line) => JSON.parse(line).row.startTime));
      expect(exported.size).toBe(ROWS);
    }
    expect(mover.exitCode).toBeNull();
    expect(new Set(moved)).toEqual(new Set([ROWS]));
  } finally {
    mover.kill('SIGKILL');
    await once(mover, 'exit');
  }
}, 120_000);
