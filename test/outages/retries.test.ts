import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions, type RetryEvent } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot, candle, SERIES } from '../support/samples.ts';

const INSERT = 'insert into `market_data`';

onEveryServer('trying again on a real', (dialect) => {
  let database: FreshDatabase;
  let proxy: FaultProxy;
  const opened: DatabaseOperations[] = [];

  const instance = async (options: DatabaseOptions = {}): Promise<DatabaseOperations> => {
    const db = new DatabaseOperations({ url: proxy.through(database.url), ...options });
    opened.push(db);
    await db.connect();
    return db;
  };

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    proxy = await openFaultProxy(database.url);
    await (await instance()).migrations.up();
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close({ force: true })));
    await proxy.close();
    await database.remove();
  });

  it('reports each attempt that is made again, and goes on whatever the listener does', async () => {
    const events: RetryEvent[] = [];
    const logged: string[] = [];
    const nothing = () => undefined;
    const error = (_details: object, message: string) => logged.push(message);
    const db = await instance({
      logger: { debug: nothing, info: nothing, warn: nothing, error },
      retry: {
        onRetry: (event) => {
          events.push(event);
          throw new Error('a listener that fails');
        },
      },
    });
    proxy.cutAfter(INSERT);
    await expect(db.marketData.upsertCandle(candle(0), true)).resolves.toBe('unchanged');
    expect(events).toMatchObject([
      { operation: 'marketData.upsertCandle', kind: 'connection', budget: 'outage', attempt: 1 },
    ]);
    expect(events[0]?.error).toMatchObject({ name: 'DatabaseOperationError', retryable: true, attempts: 1 });
    expect(events[0]?.delayMs).toBeLessThanOrEqual(100);
    await sleep(0);
    expect(logged).toEqual(['retry.onRetry failed']);
  });

  it('adds to a balance once, whether the statement or its answer was lost', async () => {
    const db = await instance();
    const { id } = await db.bots.add(bot({ currentBalance: '0' }));
    proxy.cutWithin('update `bots`');
    await expect(db.bots.adjustBalance(id, 1)).resolves.toMatchObject({ currentBalance: '1', version: 2 });
    proxy.cutAfter('update `bots`');
    await expect(db.bots.adjustBalance(id, 1)).resolves.toMatchObject({ currentBalance: '2', version: 3 });
  });

  it('does not add again where the answer to the commit was lost, and reports the outcome as unknown', async () => {
    const db = await instance();
    const { id } = await db.bots.add(bot({ name: 'once', currentBalance: '0' }));
    proxy.cutAfter('commit');
    const error = await failureOf(db.bots.adjustBalance(id, 1));
    expect(error).toMatchObject({ kind: 'connection', operation: 'bots.adjustBalance', attempts: 1, retryable: false });
    expect(error.message).toContain('it is not known whether it was stored');
    await expect(db.bots.getById(id)).resolves.toMatchObject({ currentBalance: '1', version: 2 });
  });

  it('ends with the last error when its signal is aborted during a wait', async () => {
    const ended = new AbortController();
    const outage = { baseDelayMs: 60_000, maxDelayMs: 60_000 };
    const onRetry = () => ended.abort();
    const db = await instance({ connectRetries: 0, retry: { signal: ended.signal, onRetry, outage } });
    proxy.cutOff();
    try {
      const error = await failureOf(db.marketData.upsertCandle(candle(1)));
      expect(error).toMatchObject({ kind: 'connection', attempts: 1, retryable: true });
    } finally {
      proxy.heal();
    }
  });

  it('lets many callers wait for an outage to end without a warning of too many listeners', async () => {
    const db = await instance();
    const warnings: string[] = [];
    const warned = (warning: Error) => warnings.push(warning.name);
    process.on('warning', warned);
    proxy.cutOff();
    const calls = Array.from({ length: 50 }, (_, minute) =>
      db.marketData.upsertCandle(candle(minute, { symbol: 'M' })),
    );
    await sleep(300);
    proxy.heal();
    await Promise.all(calls);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('makes a bot once though no connection could be had at first: nothing of it was sent', async () => {
    const db = await instance();
    proxy.cutOff();
    const added = db.bots.add(bot({ name: 'in-an-outage' }));
    await sleep(200);
    proxy.heal();
    await expect(added).resolves.toMatchObject({ name: 'in-an-outage', version: 1 });
  });

  it('sends a statement again whose answer was swallowed, on another connection', async () => {
    const db = await instance({ silenceCheckMs: 100 });
    proxy.stallAfter(INSERT);
    await expect(db.marketData.upsertCandle(candle(2), true)).resolves.toBe('unchanged');
    await expect(db.marketData.countCandles(SERIES)).resolves.toBeGreaterThan(0);
  });

  it('does not repeat what was swallowed and is not idempotent, but reports its outcome as unknown', async () => {
    const db = await instance({ silenceCheckMs: 100 });
    proxy.stallAfter('commit');
    const error = await failureOf(db.bots.add(bot({ name: 'swallowed' })));
    expect(error).toMatchObject({ kind: 'connection', attempts: 1, retryable: false });
    expect(error.message).toContain('not known');
  });

  it('repeats what was swallowed before its commit was sent: it cannot have been stored', async () => {
    const db = await instance({ silenceCheckMs: 100 });
    proxy.stallAfter('insert into `bots`');
    await expect(db.bots.add(bot({ name: 'again' }))).resolves.toMatchObject({ name: 'again', version: 1 });
    expect((await db.bots.list()).filter(({ name }) => name === 'again')).toHaveLength(1);
  });

  it('waits for a statement that takes long, however silent it is', async () => {
    const db = await instance({ silenceCheckMs: 100, pool: { max: 1 } });
    await expect(db.sql.scalar('select sleep(2)')).resolves.toBe(0);
  });

  it('waits for it too where the server does not list the connections that one has', async () => {
    const db = await instance({ silenceCheckMs: 100, pool: { max: 1 } });
    const show = proxy.hideProcesses();
    await expect(db.sql.scalar('select sleep(2)')).resolves.toBe(0);
    show();
  });

  it('calls it an outage when no connection is free because the server is silent on them', async () => {
    const db = await instance({ silenceCheckMs: 100, pool: { max: 1, acquireTimeoutMs: 500 } });
    const events: RetryEvent[] = [];
    const other = await instance({
      silenceCheckMs: 100,
      pool: { max: 1, acquireTimeoutMs: 500 },
      retry: { onRetry: (event) => events.push(event) },
    });
    // a busy pool, to compare with
    const busy = db.sql.scalar('select sleep(1)');
    await expect(failureOf(db.marketData.countCandles(SERIES))).resolves.toMatchObject({ kind: 'timeout' });
    await busy;

    proxy.blackHole();
    const stuck = other.marketData.countCandles(SERIES);
    const waiting = other.marketData.countCandles(SERIES);
    await sleep(1_000);
    proxy.heal();
    await expect(Promise.all([stuck, waiting])).resolves.toHaveLength(2);
    expect(events.map(({ error }) => error.code)).toContain('CONNECTIONS_SILENT');
  });
});
