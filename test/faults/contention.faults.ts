import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { ContentionLoad } from './contention-load.ts';
import { type FaultRun, faultScenario } from './fault-scenario.ts';

const LOCKED_MS = 5_000;

// who waits for a lock is told so after a second, so that it is the library that has to wait
faultScenario('contention at a', ['--innodb-lock-wait-timeout=1'], (scenario) => {
  /** Locks whole tables' rows, as a careless report or a clean-up does. */
  const lockUp = async (run: FaultRun): Promise<void> => {
    await run.at(0.3);
    const name = (await run.db.sql.first<{ name: string }>('select database() as name'))?.name;
    const url = new URL(scenario.server.url.replace(/^mariadb:/, 'mysql:'));
    url.pathname = `/${name}`;
    const holder = await createConnection(url.href);
    await holder.query('set innodb_lock_wait_timeout = 50');
    await holder.query('begin');
    await holder.query('select count(*) from market_data for update');
    await sleep(LOCKED_MS);
    await holder.end();
  };

  scenario.holds('8 writers and 8 callers with overlapping keys in random order', async () => undefined, {
    load: (db) => new ContentionLoad(db),
    options: { pool: { max: 20 } },
  });

  scenario.holds(`a transaction holding locks for ${LOCKED_MS / 1_000} s`, lockUp);
});
