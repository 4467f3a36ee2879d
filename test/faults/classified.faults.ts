import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { failureOf } from '../support/failure.ts';
import { candle, point } from '../support/samples.ts';
import { COLLECTOR, faultScenario } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

const AWAY_MS = byForm({ whole: 10_000, short: 3_000 });
const MEGABYTE = 1_048_576;
const BRIEF = { outage: { maxElapsedMs: 500, baseDelayMs: 20, maxDelayMs: 50 } };

faultScenario('the ways to refuse of a', [], (scenario) => {
  scenario.holds(`server read-only for ${AWAY_MS / 1_000} s, then writable`, async ({ at }) => {
    await at(0.3);
    await scenario.sql('set global read_only = 1');
    await sleep(AWAY_MS);
    await scenario.sql('set global read_only = 0');
  });

  scenario.holds(`too many connections for ${AWAY_MS / 1_000} s`, async ({ at }) => {
    await at(0.3);
    await scenario.sql('set global max_connections = 12');
    scenario.proxy.cutOff();
    const taken = await takeAll();
    scenario.proxy.heal();
    await sleep(AWAY_MS);
    await Promise.all(taken.map((connection) => connection.end()));
    await scenario.sql('set global max_connections = 200');
  });

  /** Takes every connection that an ordinary account can have. */
  async function takeAll(): Promise<Connection[]> {
    const taken: Connection[] = [];
    const url = new URL(scenario.collector(scenario.server.url).replace(/^mariadb:/, 'mysql:'));
    url.port = String(scenario.server.port);
    for (;;) {
      try {
        taken.push(await createConnection({ uri: url.href }));
      } catch {
        return taken;
      }
    }
  }

  it('says that a server is read-only when it stays so, after as many attempts as it has made', async () => {
    const db = scenario.instance({ url: scenario.collector(await scenario.database()), retry: BRIEF });
    await db.connect();
    await scenario.sql('set global read_only = 1');
    try {
      const error = await failureOf(db.marketData.upsertCandle(candle()));
      expect(error).toMatchObject({ kind: 'read-only', retryable: true });
      expect(error.attempts).toBeGreaterThan(3);
      expect(error.message).toContain(`after ${error.attempts} attempts`);
    } finally {
      await scenario.sql('set global read_only = 0');
    }
    await expect(db.marketData.upsertCandle(candle())).resolves.toBe('inserted');
  });

  it('learns that the packet limit was lowered while it runs, and cuts its statements anew', async () => {
    const db = scenario.instance({ url: scenario.collector(await scenario.database()) });
    await db.connect();
    const before = (await scenario.sql('select @@global.max_allowed_packet as bytes')) as { bytes: number }[];
    await scenario.sql(`set global max_allowed_packet = ${MEGABYTE}`);
    try {
      // a session keeps the limit it began with
      scenario.proxy.resetAll();
      const payload = JSON.stringify('x'.repeat(100_000));
      const points = Array.from({ length: 60 }, (_, index) => point(index, { payload }));
      await expect(db.rawTrades.insertMany(points)).resolves.toMatchObject({ inserted: 60, rejected: [] });
      const large = point(100, { payload: JSON.stringify('x'.repeat(2 * MEGABYTE)) });
      await expect(db.rawTrades.insertMany([large])).resolves.toMatchObject({
        rejected: [{ index: 0, issues: [{ path: '[0].rawData' }] }],
      });
    } finally {
      await scenario.sql(`set global max_allowed_packet = ${before[0]?.bytes}`);
    }
  });

  it('says that it is denied access when the password was changed, at once and without the password', async () => {
    const url = await scenario.database();
    const db = scenario.instance({ url: scenario.collector(url) });
    await db.connect();
    const password = new URL(scenario.collector(url)).password;
    await scenario.sql(`alter user ${COLLECTOR} identified by 'another'`);
    try {
      // whoever is connected stays so
      await expect(db.marketData.upsertCandle(candle(0))).resolves.toBe('inserted');
      scenario.proxy.resetAll();
      const error = await failureOf(db.marketData.upsertCandle(candle(1)));
      expect(error).toMatchObject({ kind: 'access-denied', errno: 1045, retryable: false });
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(password);
    } finally {
      await scenario.sql(`alter user ${COLLECTOR} identified by '${password}'`);
    }
    await expect(db.marketData.upsertCandle(candle(1))).resolves.toBe('inserted');
  });
});
