import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions, isDatabaseOperationError } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { freeze } from '../support/freeze.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, bot, candle, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

onEveryServer('an outage of a real', (dialect) => {
  let server: OwnServer;
  let proxy: FaultProxy;
  let url: string;
  let database: FreshDatabase;
  const opened: DatabaseOperations[] = [];

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url, ...options });
    opened.push(db);
    return db;
  };
  const throughProxy = (): string => {
    const proxied = new URL(url);
    proxied.port = String(proxy.port);
    return proxied.href;
  };

  beforeAll(async () => {
    // a transaction that was acknowledged must outlive the server that is killed
    server = await startServer(dialect, { flags: ['--innodb-flush-log-at-trx-commit=1'] });
    proxy = await openFaultProxy(server.url);
    database = await freshOn(server.url, dialect);
    url = database.url;
    await instance().migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await proxy.close();
    await server.stop();
  });

  it('stores a write whose answer was lost once, by sending it again', async () => {
    const db = instance({ url: throughProxy() });
    await db.connect();
    proxy.cutAfter('insert into `market_data`');

    await expect(db.marketData.upsertCandles([candle(0), candle(1)])).resolves.toMatchObject({ rejected: [] });
    await expect(db.marketData.countCandles(SERIES)).resolves.toBe(2);
  });

  it.each<[what: string, statement: string, change: (db: DatabaseOperations, id: number) => Promise<unknown>]>([
    ['adds', 'insert into `bots`', (db) => db.bots.add(bot({ name: 'added' }))],
    ['adjusts', 'update `bots`', (db, id) => db.bots.adjustBalance(id, '1')],
    ['modifies', 'update `bots`', (db, id) => db.bots.modify(id, () => ({ currentBalance: '1' }))],
    ['deletes', 'delete from `bots`', (db, id) => db.bots.delete(id)],
  ])(
    '%s a bot once: again where it lost its connection before the commit, and not after that',
    async (what, statement, change) => {
      const db = instance({ url: throughProxy() });
      const add = (name: string) => db.bots.add(bot({ name, currentBalance: '0' }));
      const bots = async () =>
        (await instance().bots.list()).map(({ name, currentBalance, version }) => ({ name, currentBalance, version }));
      const stored = async (faulty: string): Promise<unknown> => {
        await db.sql.execute('delete from bots');
        const { id } = await add('before');
        proxy.cutAfter(faulty);
        const outcome = await change(db, id).catch((error: unknown) => error);
        expect(await bots()).toEqual(expected[what]);
        return outcome;
      };
      const before = { name: 'before', currentBalance: '0', version: 1 };
      const expected: Readonly<Record<string, readonly object[]>> = {
        adds: [before, { name: 'added', currentBalance: '1000', version: 1 }],
        adjusts: [{ ...before, currentBalance: '1', version: 2 }],
        modifies: [{ ...before, currentBalance: '1', version: 2 }],
        deletes: [],
      };
      expect(await stored(statement)).not.toBeInstanceOf(Error);
      const error = await stored('commit');
      expect(error).toMatchObject({ kind: 'connection', retryable: false, attempts: 1 });
      expect((error as Error).message).toContain('not known');
    },
  );

  it('says that a transaction whose commit was cut off may be stored, and does not repeat it', async () => {
    const db = instance({ url: throughProxy() });
    await db.connect();
    let runs = 0;
    const error = await failureOf(
      db.transaction(async (tx) => {
        runs += 1;
        await tx.marketData.upsertCandle(candle(0, { symbol: 'COMMIT-CUT' }));
        proxy.cutAfter('commit');
      }),
    );
    expect(error).toMatchObject({ kind: 'connection', retryable: false, operation: 'transaction' });
    expect(error.message).toContain('while committing');
    expect(runs).toBe(1);
    await expect(instance().marketData.countCandles({ symbol: 'COMMIT-CUT' })).resolves.toBe(1);
  });

  it('runs a transaction again that lost its connection before the commit', async () => {
    const db = instance({ url: throughProxy() });
    await db.connect();
    let runs = 0;
    await db.transaction(async (tx) => {
      runs += 1;
      if (runs === 1) {
        proxy.cutAfter('insert into `market_data`');
      }
      await tx.marketData.upsertCandle(candle(0, { symbol: 'BEFORE-COMMIT' }));
      await tx.marketData.upsertCandle(candle(1, { symbol: 'BEFORE-COMMIT' }));
    });
    expect(runs).toBe(2);
    await expect(db.marketData.countCandles({ symbol: 'BEFORE-COMMIT' })).resolves.toBe(2);
  });

  it('notices a connection that the server ended while it was idle, before it is lent', async () => {
    const db = instance();
    await db.connect();
    const rows = (await database.sql('show processlist')) as { Id: number; db: string | null }[];
    const mine = new URL(url).pathname.slice(1);
    const [{ id: own } = { id: 0 }] = (await database.sql('select connection_id() as id')) as { id: number }[];
    for (const { Id, db: used } of rows) {
      if (used === mine && Id !== own) {
        await database.sql(`kill ${Id}`);
      }
    }
    // the news of it takes a moment to arrive
    await sleep(100);
    await expect(db.bots.add(bot({ name: 'after-kill' }))).resolves.toMatchObject({ version: 1 });
  });

  it('reports in time that a server which hangs does not answer', async () => {
    const db = instance({ connectTimeoutMs: 300 });
    await db.connect();
    await freeze(server);
    try {
      await expect(db.healthCheck()).resolves.toBe(false);
      await expect(db.health()).resolves.toMatchObject({ healthy: false, error: { kind: 'timeout' } });
    } finally {
      await server.kill('SIGCONT');
    }
    // a server that was just woken may take a moment
    await until(() => db.healthCheck());
  });

  it('ends a statement that takes longer than its limit, and everything queued behind it', async () => {
    const db = instance({ queryTimeoutMs: 300, retry: { outage: { attempts: 1 } } });
    await db.connect();
    const ended = db.transaction(async (tx) => {
      await freeze(server);
      const results = await Promise.allSettled([tx.marketData.countCandles(), tx.marketData.countCandles()]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await server.kill('SIGCONT');
    });
    await expect(failureOf(ended)).resolves.toMatchObject({ kind: 'timeout' });
    await expect(db.marketData.countCandles({ symbol: 'NONE' })).resolves.toBe(0);
  });

  it('stops trying to connect when it is closed', async () => {
    const db = new DatabaseOperations({
      url: 'mysql://nobody@127.0.0.1:1/nothing',
      connectRetries: 1_000,
      retry: { outage: { baseDelayMs: 60_000, maxDelayMs: 60_000 } },
    });
    const connecting = failureOf(db.connect());
    await sleep(100);
    await db.close();
    await expect(connecting).resolves.toMatchObject({ kind: 'connection' });
  });

  it('closes at once when forced, while a server hangs', async () => {
    const db = instance();
    await db.connect();
    await freeze(server);
    const counting = failureOf(db.marketData.countCandles());
    await sleep(50);
    try {
      await db.close({ force: true });
      await expect(counting).resolves.toMatchObject({ kind: 'closed' });
    } finally {
      await server.kill('SIGCONT');
    }
  });

  it('keeps what was acknowledged when the server is killed, and goes on when it is back', async () => {
    const retry = { outage: { attempts: 60, baseDelayMs: 50, maxDelayMs: 200 } };
    const db = instance({ retry, connectRetries: 60 });
    const acknowledged: number[] = [];
    let failures = 0;
    const series = { symbol: 'KILLED', timeframe: '1m' } as const;
    const write = async (minute: number): Promise<void> => {
      try {
        await db.marketData.upsertCandle(candle(minute, series));
        acknowledged.push(minute);
      } catch (error) {
        failures += isDatabaseOperationError(error) ? 1 : 1_000_000;
      }
    };
    let killed: Promise<void> | undefined;
    for (let minute = 0; minute < 400; minute += 1) {
      await write(minute);
      if (minute === 100) {
        killed = server.kill('SIGKILL').then(() => server.restart());
      }
    }
    await killed;

    expect(failures).toBe(0);
    const stored = await db.marketData.getCandles({ ...series, ...ALWAYS });
    expect(stored.length).toBe(acknowledged.length);
  });

  it('fails by name when the server stays away, and works again once it is back', async () => {
    const db = instance({ connectRetries: 1, retry: { outage: { attempts: 2, baseDelayMs: 1 } } });
    await db.connect();
    await server.kill('SIGKILL');

    const error = await failureOf(db.marketData.upsertCandle(candle(0, { symbol: 'AWAY' })));
    expect(error).toMatchObject({ kind: 'connection', retryable: true, attempts: 2 });
    await expect(db.healthCheck()).resolves.toBe(false);
    await expect(db.health()).resolves.toMatchObject({ healthy: false, error: { kind: 'connection' } });

    await server.restart();
    await expect(db.marketData.upsertCandle(candle(0, { symbol: 'AWAY' }))).resolves.toBe('inserted');
  });
});
