import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot, candle, SERIES } from '../support/samples.ts';
import { until } from '../support/until.ts';

onEveryServer('the first connection to a', (dialect) => {
  let database: FreshDatabase;
  let proxy: FaultProxy;
  const opened: DatabaseOperations[] = [];

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: proxy.through(database.url), connectRetries: 0, ...options });
    opened.push(db);
    return db;
  };

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    proxy = await openFaultProxy(database.url);
    await instance().migrations.up();
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await proxy.close();
    await database.remove();
  });

  it('is waited for by a writer and by operations that begin in an outage', async () => {
    const db = instance();
    proxy.cutOff();
    await using writer = db.marketData.candleWriter();
    writer.on('error', () => undefined);
    writer.write(candle(0));
    const flushed = writer.flush();
    const added = db.bots.add(bot({ name: 'in-an-outage' }));
    const counted = db.marketData.countCandles({ symbol: 'NONE' });
    await sleep(300);
    await expect(failureOf(db.connect())).resolves.toMatchObject({
      operation: 'connect',
      kind: 'connection',
      attempts: 1,
    });
    await expect(db.health()).resolves.toMatchObject({ healthy: false, error: { operation: 'health', attempts: 1 } });
    proxy.heal();
    await Promise.all([flushed, counted]);
    await expect(added).resolves.toMatchObject({ version: 1 });
    expect(writer.stats()).toMatchObject({ inserted: 1, queued: 0 });
  });

  it('that fails is reported to each caller under the name of its own call', async () => {
    const db = instance({ retry: { outage: { attempts: 1 } } });
    proxy.cutOff();
    try {
      const calls = [db.connect(), db.marketData.countCandles(SERIES), db.bots.list(), db.migrations.pending()];
      const failures = await Promise.all(calls.map((call: Promise<unknown>) => failureOf(call)));
      expect(failures.map(({ operation }) => operation)).toEqual([
        'connect',
        'marketData.countCandles',
        'bots.list',
        'migrations.pending',
      ]);
    } finally {
      proxy.heal();
    }
  });

  it('fails in time where the server falls silent while the driver is checked', async () => {
    // the driver is checked once in a process, or in this case once in a registry of modules
    jest.resetModules();
    const fresh: typeof import('../../src/index.ts') = await import('../../src/index.ts');
    await using db = new fresh.DatabaseOperations({
      url: proxy.through(database.url),
      connectTimeoutMs: 300,
      connectRetries: 0,
    });
    proxy.stallAfter('select 1.50 as price');
    await expect(db.connect()).rejects.toMatchObject({ operation: 'connect', kind: 'connection', attempts: 1 });
    expect(proxy.armed).toBe(false);
    proxy.heal();
    await db.connect();
  });

  it('holds up no operation once the instance is closed by force', async () => {
    const db = instance();
    proxy.stallAfter('select version()');
    const stuck = failureOf(db.marketData.countCandles(SERIES));
    await until(() => !proxy.armed);
    await db.close({ force: true });
    await expect(stuck).resolves.toMatchObject({ operation: 'marketData.countCandles', kind: 'closed' });
    proxy.heal();
  });

  it('and the others are closed although the server is silent by then', async () => {
    const others = proxy.open;
    const db = instance();
    await Promise.all([db.sql.scalar('select sleep(0.1)'), db.sql.scalar('select sleep(0.1)')]);
    await until(() => db.pool.free === 2);
    proxy.blackHole();
    await db.close();
    await until(() => proxy.open <= others);
    proxy.heal();
  });
});
