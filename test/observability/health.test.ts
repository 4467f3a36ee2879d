import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DatabaseOperations, type HealthReport } from '../../src/index.ts';
import { freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { until } from '../support/until.ts';

const NAMES = { sqlite: 'SQLite', mysql: 'MySQL', mariadb: 'MariaDB' };

onEveryDatabase('health', (bench) => {
  describe('healthCheck', () => {
    it('is true where the database answers', async () => {
      await expect(bench.db.healthCheck()).resolves.toBe(true);
    });

    it('is false, and never throws, where it is closed or cannot be reached', async () => {
      const closed = bench.instance();
      await closed.close();
      await expect(closed.healthCheck()).resolves.toBe(false);

      const nowhere = new DatabaseOperations({ url: 'mysql://u:p@127.0.0.1:1/x', connectRetries: 0 });
      await expect(nowhere.healthCheck()).resolves.toBe(false);
      await nowhere.close();
    });
  });

  describe('health', () => {
    it('reports the server, its version, the pool, and that nothing is pending', async () => {
      const report = await bench.db.health();
      expect(report).toEqual({
        healthy: true,
        latencyMs: expect.any(Number),
        server: NAMES[bench.dialect],
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        readOnly: false,
        replicationLagSeconds: null,
        pool: { size: expect.any(Number), free: expect.any(Number), pending: 0 },
        pendingMigrations: [],
        spools: [],
        error: null,
      });
    });

    it('is not healthy while migrations are pending, and names them', async () => {
      const empty = await freshDatabase(bench.dialect);
      const db = new DatabaseOperations({ url: empty.url, autoMigrate: false });
      await expect(db.health()).resolves.toMatchObject({
        healthy: false,
        pendingMigrations: [expect.stringContaining('initial'), expect.stringContaining('price-type')],
        error: null,
      });
      await db.close();
      await empty.remove();
    });

    it('never throws: what went wrong is in the report', async () => {
      const closed = bench.instance();
      await closed.close();
      await expect(closed.health()).resolves.toMatchObject({
        healthy: false,
        latencyMs: null,
        server: null,
        version: null,
        readOnly: null,
        pendingMigrations: null,
        error: { kind: 'closed', operation: 'health' },
      });
    });
  });

  describe('watchHealth', () => {
    it('yields the first state at once and then only changes', async () => {
      const reports: HealthReport[] = [];
      const end = new AbortController();
      const watching = (async () => {
        for await (const report of bench.db.watchHealth({ intervalMs: 5, signal: end.signal })) {
          reports.push(report);
        }
      })();
      await until(() => reports.length === 1);
      await sleep(50);
      expect(reports.map(({ healthy }) => healthy)).toEqual([true]);

      await bench.database.sql("update mikro_orm_migrations set name = 'hidden' where name like '%-initial'");
      await until(() => reports.length === 2);
      await bench.database.sql(
        "update mikro_orm_migrations set name = 'migration-20261120120000-initial' where name = 'hidden'",
      );
      await until(() => reports.length === 3);
      end.abort();
      await watching;
      expect(reports.map(({ healthy }) => healthy)).toEqual([true, false, true]);
    });

    it('ends when the instance is closed, without another report', async () => {
      const db = bench.instance();
      const reports: boolean[] = [];
      const watching = (async () => {
        for await (const { healthy } of db.watchHealth({ intervalMs: 60_000 })) {
          reports.push(healthy);
        }
      })();
      await until(() => reports.length === 1);
      await db.close();
      await watching;
      expect(reports).toEqual([true]);
    });

    it('ends when its signal is aborted, also before it began', async () => {
      const end = new AbortController();
      const watch = bench.db.watchHealth({ intervalMs: 60_000, signal: end.signal });
      await watch.next();
      const next = watch.next();
      end.abort();
      await expect(next).resolves.toEqual({ done: true, value: undefined });
      await expect(bench.db.watchHealth({ signal: end.signal }).next()).resolves.toMatchObject({ done: true });
    });

    it('ends when its loop is left', async () => {
      let looks = 0;
      for await (const report of bench.db.watchHealth({ intervalMs: 60_000 })) {
        expect(report.healthy).toBe(true);
        looks += 1;
        break;
      }
      expect(looks).toBe(1);
    });
  });
});
