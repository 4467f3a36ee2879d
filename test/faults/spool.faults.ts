import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spoolStatus } from '../../src/index.ts';
import { until } from '../support/until.ts';
import { faultScenario } from './fault-scenario.ts';
import { noteInLedger } from './ledger.ts';
import { Account } from './reconciliation.ts';
import { byForm, SIZE } from './run-settings.ts';
import { acknowledge, type SpoolingReport } from './spooled-rows.ts';

const ROWS = SIZE.writerRows + SIZE.singles;
const PROGRAM = join(import.meta.dirname, 'spool-process.ts');
/** A file that the system lets grow no further, whatever SQLite believes: in blocks of a kilobyte, or half of one. */
const LARGEST_FILE_BLOCKS = byForm({ whole: 8_000, short: 1_000 });
const DOWN_MS = 2_000;
const TIMEOUT_MS = byForm({ whole: 600_000, short: 90_000 });

/** A collector in a process of its own, and what it told last. */
interface Collector {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  told: SpoolingReport;
}

faultScenario('a spool in an outage of a', [], (scenario) => {
  let folder: string;
  let url: string;
  let collector: Collector | undefined;

  const start = (limit: string): Collector => {
    // bash only sets the limit: the collector takes its place
    const child = spawn(
      'bash',
      [
        '-c',
        `trap '' XFSZ; ulimit -f ${limit}; exec "$0" "$@"`,
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        PROGRAM,
        url,
        folder,
        String(ROWS),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const started: Collector = {
      process: child,
      ended: once(child, 'close'),
      told: { acknowledged: 0, spooled: 0, full: false },
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      started.told = JSON.parse(line) as SpoolingReport;
    });
    collector = started;
    return started;
  };

  /** Every row that was acknowledged is there once. */
  const settle = async (fault: string, rows: number, started: number): Promise<void> => {
    const account = new Account();
    acknowledge(account, rows);
    const { missing, ...balance } = await account.balance(url);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    noteInLedger({
      fault,
      server: scenario.dialect,
      acknowledged: account.acknowledged,
      ...balance,
      retried: 0,
      errors: 0,
      seconds,
    });
    expect({ missing, duplicated: balance.duplicated }).toEqual({ missing: [], duplicated: 0 });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-faults-'));
    url = await scenario.database();
  });

  afterEach(async () => {
    collector?.process.kill('SIGKILL');
    await collector?.ended;
    await rm(folder, { recursive: true });
  });

  it(
    'holds what was acknowledged when its process is killed too, and a new one drains it: none lost, none twice',
    async () => {
      const started = performance.now();
      const running = start('unlimited');
      await until(() => running.told.acknowledged > 0.3 * ROWS, { withinMs: TIMEOUT_MS });
      await scenario.server.kill('SIGKILL');
      const before = running.told.acknowledged;
      await until(() => running.told.spooled > 0.2 * ROWS, { withinMs: TIMEOUT_MS });
      running.process.kill('SIGKILL');
      await running.ended;
      const { acknowledged } = running.told;
      expect(acknowledged).toBeGreaterThan(before);
      await expect(spoolStatus(folder)).resolves.toMatchObject({ usedBy: null });

      await scenario.server.restart();
      const db = scenario.instance({ url });
      await expect(db.drainSpool({ directory: folder })).resolves.toMatchObject({ refused: 0, left: 0 });
      await settle('server down, process killed', acknowledged, started);
    },
    TIMEOUT_MS,
  );

  it(
    'whose disk is full makes its writer wait, and loses nothing',
    async () => {
      const started = performance.now();
      const running = start(String(LARGEST_FILE_BLOCKS));
      await until(() => running.told.acknowledged > 0.1 * ROWS, { withinMs: TIMEOUT_MS });
      await scenario.server.kill('SIGKILL');
      await until(() => running.told.full, { withinMs: TIMEOUT_MS });
      const { acknowledged } = running.told;
      await sleep(DOWN_MS);
      // what is full takes nothing more, and says so
      expect(running.told).toMatchObject({ full: true });
      expect(running.told.acknowledged - acknowledged).toBeLessThanOrEqual(0.05 * ROWS);
      expect(running.told.acknowledged).toBeLessThan(ROWS);

      await scenario.server.restart();
      await expect(running.ended).resolves.toEqual([0, null]);
      expect(running.told.acknowledged).toBe(ROWS);
      await settle('disk of the spool full', ROWS, started);
    },
    TIMEOUT_MS,
  );
});
