import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { testServers } from '../support/servers/index.ts';
import { allOf, idle, inUse, nextOf } from '../support/streamed.ts';
import { until } from '../support/until.ts';

const MODES = ['pages', 'snapshot'] as const;
const PAGE = 'select `start_time`';

onEveryServer('a stream and the trouble of a real', (dialect) => {
  let database: FreshDatabase;
  let proxy: FaultProxy;
  const opened: DatabaseOperations[] = [];
  const warnings: string[] = [];
  /** The pages that were read so far, of the stream of a test. */
  const pages: string[] = [];
  const nothing = () => undefined;
  const logger = {
    debug: (_details: object, statement: string) => statement.startsWith(PAGE) && pages.push(statement),
    info: nothing,
    warn: (_details: object, message: string) => warnings.push(message),
    error: nothing,
  };

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, logger, logQueries: true, ...options });
    opened.push(db);
    return db;
  };
  const streamOf = (db: DatabaseOperations, mode: (typeof MODES)[number], signal?: AbortSignal) =>
    db.marketData.streamCandles({ ...SERIES, ...ALWAYS, mode, pageRows: 2, signal });

  /** Waits until the page after that of the first row is read ahead. */
  const readAhead = (): Promise<void> => until(() => pages.length === 2);
  /** Waits until a page waits for the lock on its table. */
  const heldUp = (): Promise<void> =>
    until(async () => {
      const waiting = `select id from information_schema.processlist where db = database() and state like 'Waiting%' and info like '${PAGE}%'`;
      // a server cannot list a statement that another test is just running, with letters its list does not hold
      const found = await database.sql(waiting).catch(() => []);
      return (found as unknown[]).length > 0;
    });

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    proxy = await openFaultProxy(testServers().find((server) => server.dialect === dialect)?.url ?? '');
    const db = instance();
    await db.migrations.up();
    await db.marketData.upsertCandles(Array.from({ length: 20 }, (_, minute) => candle(minute)));
  });

  beforeEach(() => {
    warnings.length = 0;
    pages.length = 0;
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await proxy.close();
    await database.remove();
  });

  describe.each(MODES)('by %s', (mode) => {
    const reason = new Error('enough');

    it('ends at once when it is aborted while a lock holds up its page, and frees what it holds when it can', async () => {
      const db = instance({ pool: { max: 1 } });
      await db.connect();
      const controller = new AbortController();
      await database.sql('lock tables market_data write');
      try {
        const next = streamOf(db, mode, controller.signal).next();
        await heldUp();
        expect(inUse(db)).toBe(1);
        controller.abort(reason);
        await expect(next).rejects.toBe(reason);
      } finally {
        await database.sql('unlock tables');
      }
      await idle(db);
      await expect(db.marketData.upsertCandle(candle(3), true)).resolves.toBe('unchanged');
    });

    it('ends at once when it is aborted while the server hangs, and leaves no connection when it is closed by force', async () => {
      const db = instance({ url: proxy.through(database.url) });
      const controller = new AbortController();
      const stream = streamOf(db, mode, controller.signal);
      await nextOf(stream);
      await readAhead();
      proxy.stallAfter(PAGE);
      const rows: unknown[] = [];
      const loop = (async () => {
        for await (const row of stream) {
          rows.push(row);
        }
      })();
      const failed = expect(loop).rejects.toBe(reason);
      await until(() => rows.length === 3 && !proxy.armed);
      controller.abort(reason);
      await failed;
      expect(rows.length).toBe(3);
      expect(inUse(db)).toBe(1);
      await db.close({ force: true });
      expect(db.pool.size).toBe(0);
    });

    it('fails with the kind `closed` when its instance is closed by force while the server hangs', async () => {
      const db = instance({ url: proxy.through(database.url) });
      const stream = streamOf(db, mode);
      await nextOf(stream);
      await readAhead();
      proxy.stallAfter(PAGE);
      const failed = failureOf(allOf(stream));
      await until(() => !proxy.armed);
      await db.close({ force: true });
      await expect(failed).resolves.toMatchObject({ kind: 'closed', operation: 'marketData.streamCandles' });
    });
  });

  it('by pages survives that its connections are killed, by reading the page again', async () => {
    const db = instance();
    const stream = streamOf(db, 'pages');
    await nextOf(stream);
    await readAhead();
    await database.sql('lock tables market_data write');
    const rest = allOf(stream);
    await heldUp();
    await killAll(database);
    await until(() => warnings.length > 0);
    await database.sql('unlock tables');
    await expect(rest).resolves.toHaveLength(19);
    expect(warnings).toEqual(['marketData.streamCandles failed and is tried again']);
    expect(inUse(db)).toBe(0);
  });

  it('by snapshot says that its connection was killed, and leaves the pool in order', async () => {
    const db = instance({ pool: { max: 1 } });
    const stream = streamOf(db, 'snapshot');
    await nextOf(stream);
    await readAhead();
    await killAll(database);
    const error = await failureOf(allOf(stream));
    expect(error).toMatchObject({ kind: 'connection', operation: 'marketData.streamCandles', attempts: 1 });
    expect(error.retryable).toBe(true);
    expect(inUse(db)).toBe(0);
    await expect(allOf(streamOf(db, 'snapshot'))).resolves.toHaveLength(20);
    await expect(db.marketData.upsertCandle(candle(3), true)).resolves.toBe('unchanged');
  });

  it('by snapshot opens on another connection when the first one was lost while it was idle', async () => {
    const db = instance({ pool: { max: 1 } });
    await db.connect();
    await killAll(database);
    await sleep(20);
    await expect(allOf(streamOf(db, 'snapshot'))).resolves.toHaveLength(20);
  });
});

/** Kills every connection to a database but the test's own. */
async function killAll(database: FreshDatabase): Promise<void> {
  const statement = 'select id from information_schema.processlist where db = database() and id <> connection_id()';
  for (let look = 1; ; look += 1) {
    try {
      // a server cannot list a statement that another test is just running, with letters its list does not hold
      for (const { id, ID = id } of (await database.sql(statement)) as { id?: number; ID?: number }[]) {
        // one that has just ended by itself is no longer there
        await database.sql(`kill ${ID}`).catch(() => undefined);
      }
      return;
    } catch (error) {
      if (look === 20) {
        throw error;
      }
      await sleep(50);
    }
  }
}
