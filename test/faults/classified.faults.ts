import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { failureOf } from '../support/failure.ts';
import { candle, point } from '../support/samples.ts';
import { COLLECTOR, onStage } from './fault-scenario.ts';
import { byForm } from './run-settings.ts';

const AWAY_MS = byForm({ whole: 10_000, short: 3_000 });
const MEGABYTE = 1_048_576;
const BRIEF = { outage: { maxElapsedMs: 500, baseDelayMs: 20, maxDelayMs: 50 } };

onStage('the ways to refuse of a', [], (stage) => {
  stage.holds(`server read-only for ${AWAY_MS / 1_000} s, then writable`, async ({ at }) => {
    await at(0.3);
    await stage.sql('set global read_only = 1');
    await sleep(AWAY_MS);
    await stage.sql('set global read_only = 0');
  });

  stage.holds(`too many connections for ${AWAY_MS / 1_000} s`, async ({ at }) => {
    await at(0.3);
    await stage.sql('set global max_connections = 12');
    stage.proxy.cutOff();
    const taken = await takeAll();
    stage.proxy.heal();
    await sleep(AWAY_MS);
    await Promise.all(taken.map((connection) => connection.end()));
    await stage.sql('set global max_connections = 200');
  });

  /** Takes every connection that an ordinary account can have. */
  async function takeAll(): Promise<Connection[]> {
    const taken: Connection[] = [];
    const url = new URL(stage.collector(stage.server.url).replace(/^mariadb:/, 'mysql:'));
    url.port = String(stage.server.port);
    for (;;) {
      try {
        taken.push(await createConnection({ uri: url.href }));
      } catch {
        return taken;
      }
    }
  }

  it('says that a server is read-only when it stays so, after as many attempts as it has made', async () => {
    const db = stage.instance({ url: stage.collector(await stage.database()), retry: BRIEF });
    await db.connect();
    await stage.sql('set global read_only = 1');
    try {
      const error = await failureOf(db.marketData.upsertCandle(candle()));
      expect(error).toMatchObject({ kind: 'read-only', retryable: true });
      expect(error.attempts).toBeGreaterThan(3);
      expect(error.message).toContain(`after ${error.attempts} attempts`);
    } finally {
      await stage.sql('set global read_only = 0');
    }
    await expect(db.marketData.upsertCandle(candle())).resolves.toBe('inserted');
  });

  it('learns that the packet limit was lowered while it runs, and cuts its statements anew', async () => {
    const db = stage.instance({ url: stage.collector(await stage.database()) });
    await db.connect();
    const before = (await stage.sql('select @@global.max_allowed_packet as bytes')) as { bytes: number }[];
    await stage.sql(`set global max_allowed_packet = ${MEGABYTE}`);
    try {
      // a session keeps the limit it began with
      stage.proxy.resetAll();
      const payload = JSON.stringify('x'.repeat(100_000));
      const points = Array.from({ length: 60 }, (_, index) => point(index, { payload }));
      await expect(db.rawTrades.insertMany(points)).resolves.toMatchObject({ inserted: 60, rejected: [] });
      const large = point(100, { payload: JSON.stringify('x'.repeat(2 * MEGABYTE)) });
      await expect(db.rawTrades.insertMany([large])).resolves.toMatchObject({
        rejected: [{ index: 0, issues: [{ path: '[0].rawData' }] }],
      });
    } finally {
      await stage.sql(`set global max_allowed_packet = ${before[0]?.bytes}`);
    }
  });

  it('says that it is denied access when the password was changed, at once and without the password', async () => {
    const url = await stage.database();
    const db = stage.instance({ url: stage.collector(url) });
    await db.connect();
    const password = new URL(stage.collector(url)).password;
    await stage.sql(`alter user ${COLLECTOR} identified by 'another'`);
    try {
      // whoever is connected stays so
      await expect(db.marketData.upsertCandle(candle(0))).resolves.toBe('inserted');
      stage.proxy.resetAll();
      const error = await failureOf(db.marketData.upsertCandle(candle(1)));
      expect(error).toMatchObject({ kind: 'access-denied', errno: 1045, retryable: false });
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(password);
    } finally {
      await stage.sql(`alter user ${COLLECTOR} identified by '${password}'`);
    }
    await expect(db.marketData.upsertCandle(candle(1))).resolves.toBe('inserted');
  });
});
