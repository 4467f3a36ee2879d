import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  CandleInput,
  DatabaseOperationError,
  DatabaseOperations,
  DatabaseOptions,
  ErrorKind,
  ForceUpdate,
} from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import type { FreshDatabase } from '../support/fresh-database.ts';
import { holdUp } from '../support/hold-up.ts';
import { onEveryLoadingServer, type Told } from '../support/loading-bench.ts';
import { candle } from '../support/samples.ts';
import { until } from '../support/until.ts';

const candles = (count: number, changes: Partial<CandleInput> = {}): CandleInput[] =>
  Array.from({ length: count }, (_, minute) => candle(minute, changes));
/** What a caller sees of a failure. */
const told = ({ message, kind, errno, attempts, retryable }: DatabaseOperationError): object => ({
  ...{ message, kind, errno, attempts, retryable },
});

onEveryLoadingServer('files that a real', (bench) => {
  describe('refuses to load', () => {
    it('are not sent', async () => {
      await bench.database.sql('set global local_infile = 0');
      try {
        const { db, files } = bench.instance();
        await expect(db.marketData.upsertCandles(candles(600, { symbol: 'NONE' }))).resolves.toMatchObject({
          inserted: 600,
        });
        expect(files()).toBe(0);
      } finally {
        await bench.database.sql('set global local_infile = 1');
      }
    });

    it('are sent as statements, unnoticed, also where it begins to refuse them meanwhile', async () => {
      // one connection: a further one would learn at once that files are refused
      const { db, files, statements } = bench.instance({ pool: { max: 1 } });
      await db.marketData.upsertCandles(candles(600, { symbol: 'MEANWHILE-1' }));
      expect(files()).toBe(1);
      await bench.database.sql('set global local_infile = 0');
      try {
        const batch = candles(3_000, { symbol: 'MEANWHILE-2' });
        await expect(db.marketData.upsertCandles(batch)).resolves.toEqual({
          ...{ inserted: 3_000, updated: 0, unchanged: 0, rejected: [] },
        });
        await expect(db.marketData.countCandles({ symbol: 'MEANWHILE-2' })).resolves.toBe(3_000);
        // and is not asked for ever after
        const asked = files();
        statements.length = 0;
        await db.marketData.upsertCandles(candles(600, { symbol: 'MEANWHILE-3' }));
        expect(asked).toBeGreaterThan(1);
        expect(files()).toBe(0);
      } finally {
        await bench.database.sql('set global local_infile = 1');
      }
    });
  });

  describe('behind a proxy', () => {
    let proxy: FaultProxy;
    const proxied = (): Told => bench.instance({ url: proxy.through(bench.database.url), pool: { max: 1 } });

    beforeAll(async () => {
      proxy = await openFaultProxy(bench.server.url);
    });
    afterEach(() => proxy.heal());
    afterAll(() => proxy.close());

    it('that takes no files are sent as statements at once, and no further one is sent', async () => {
      const { db, files, statements } = proxied();
      // Source: ProxySQL, MySQL_Session.cpp; older versions give the state HY000
      const error = { errno: 1047, sqlState: '08S01', message: "Unsupported 'LOAD DATA LOCAL INFILE' command" };
      await db.connect();
      const connections = proxy.connections;
      proxy.deny('load data', error, 'always');
      const batch = candles(600, { symbol: 'PROXIED' });
      await expect(db.marketData.upsertCandles(batch)).resolves.toMatchObject({ inserted: 600 });
      expect(files()).toBe(1);
      statements.length = 0;
      await expect(db.marketData.upsertCandles(batch, { forceUpdate: true })).resolves.toMatchObject({
        unchanged: 600,
      });
      expect(files()).toBe(0);
      expect(proxy.connections).toBe(connections);
      await expect(db.marketData.countCandles({ symbol: 'PROXIED' })).resolves.toBe(600);
    });

    it('to a cluster node without quorum are sent again', async () => {
      const { db, files } = proxied();
      // Source: MariaDB Galera, sql_parse.cc
      const message = 'WSREP has not yet prepared node for application use';
      proxy.deny('load data', { errno: 1047, sqlState: '08S01', message });
      const batch = candles(600, { symbol: 'CLUSTER' });
      await expect(db.marketData.upsertCandles(batch)).resolves.toMatchObject({ inserted: 600 });
      expect(files()).toBe(2);
      await expect(db.marketData.countCandles({ symbol: 'CLUSTER' })).resolves.toBe(600);
    });
  });

  describe('would store in part', () => {
    let altered: FreshDatabase;
    let symbols = 0;

    beforeAll(async () => {
      altered = await bench.another();
      const symbol = 'modify symbol varchar(4) character set utf8mb4 collate utf8mb4_bin not null';
      await altered.sql(`alter table market_data ${symbol}, modify trade_count tinyint unsigned null`);
      await altered.sql(
        "create trigger refuse_volume before insert on market_data for each row begin if new.volume = 13 then signal sqlstate '45000' set message_text = 'no'; end if; end",
      );
    });

    it.each<[what: string, changes: Partial<CandleInput>, kind: ErrorKind]>([
      ['a name that does not fit', { symbol: 'A-LONG-ONE' }, 'constraint'],
      ['a number that does not fit', { tradeCount: 300 }, 'constraint'],
      ['a candle that a trigger refuses', { volume: '13' }, 'unknown'],
    ])('for %s are refused as a statement is, and nothing of them is stored', async (_what, changes, kind) => {
      for (const forceUpdate of [false, true, 'unless-closed'] as const) {
        symbols += 1;
        const symbol = `B${symbols}`;
        const batch = candles(500, { symbol });
        batch[400] = { ...(batch[400] as CandleInput), ...changes };
        const { db, files } = bench.instance({ url: altered.url });
        const error = await failureOf(db.marketData.upsertCandles(batch, { forceUpdate }));
        expect(files()).toBe(1);
        expect(error.kind).toBe(kind);
        await expect(db.marketData.countCandles({ symbol })).resolves.toBe(0);

        const byStatement = bench.instance({ url: altered.url, bulkLoad: false, pool: { max: 1 } });
        expect(told(error)).toEqual(
          told(await failureOf(byStatement.db.marketData.upsertCandles(batch, { forceUpdate }))),
        );
      }
      await expect(altered.sql('select count(*) as n from market_data')).resolves.toEqual([{ n: 0 }]);
    });
  });

  it('cannot load at once are loaded when another transaction lets go of a candle', async () => {
    const load = async (forceUpdate: ForceUpdate): Promise<void> => {
      const { db, files } = bench.instance();
      const symbol = `HELD-${forceUpdate}`;
      const letGo = await holdUp(db, candle(250, { symbol }));
      const writing = db.marketData.upsertCandles(candles(500, { symbol }), { forceUpdate });
      // the server gives up waiting after a second
      await until(() => files() > 0);
      await letGo();
      await expect(writing).resolves.toMatchObject({ inserted: 500, updated: 0, unchanged: 0 });
      expect(files()).toBeGreaterThan(1);
      await expect(db.marketData.countCandles({ symbol })).resolves.toBe(500);
    };
    await Promise.all([load(false), load(true), load('unless-closed')]);
  });

  /** How many files the server takes just now. */
  const loads = async (): Promise<number> => {
    const list = "select id from information_schema.processlist where db = database() and info like 'load data%'";
    return ((await bench.database.sql(list)) as unknown[]).length;
  };

  it.each<[what: string, options: DatabaseOptions, end: (db: DatabaseOperations) => Promise<unknown>, kind: ErrorKind]>(
    [
      ['the instance is closed by force', {}, (db) => db.close({ force: true }), 'closed'],
      ['they take longer than a statement may', { queryTimeoutMs: 200 }, async () => undefined, 'timeout'],
    ],
  )('cannot load are given up where %s, and nothing of them is stored', async (_what, options, end, kind) => {
    const symbol = `GIVEN-UP-${kind}`;
    const { db: holder } = bench.instance();
    const letGo = await holdUp(holder, candle(250, { symbol }));
    const { db, files } = bench.instance(options);
    await db.connect();
    let failure: DatabaseOperationError | undefined;
    const failing = failureOf(db.marketData.upsertCandles(candles(500, { symbol }))).then((error) => {
      failure = error;
    });
    await until(async () => failure !== undefined || (await loads()) > 0);
    await end(db);
    await failing;
    expect(failure).toMatchObject({ kind });
    expect(files()).toBe(1);
    await letGo();
    // the server may notice a moment later that nobody waits for it any more
    await expect(
      bench.instance().db.marketData.upsertCandles(candles(500, { symbol }), { atomic: true }),
    ).resolves.toMatchObject({ inserted: 500 });
  });

  it('fail to load again and again leave nothing behind on their connection', async () => {
    const { url, sql } = await bench.another();
    await sql(
      "create trigger no_lock before insert on market_data for each row begin if new.volume = 13 then signal sqlstate 'HY000' set mysql_errno = 1205, message_text = 'held'; end if; end",
    );
    const sockets: Socket[] = [];
    const opened = (message: unknown): number => sockets.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', opened);
    try {
      const contention = { attempts: 30, maxDelayMs: 1 };
      const { db, files } = bench.instance({ url, pool: { max: 1 }, retry: { contention } });
      await db.connect();
      const listeners = (): number[] =>
        sockets.flatMap((socket) => socket.eventNames().map((name) => socket.listenerCount(name)));
      const before = listeners();
      const error = await failureOf(db.marketData.upsertCandles(candles(500, { volume: 13 })));
      expect(error).toMatchObject({ kind: 'lock-timeout', attempts: 30 });
      expect(files()).toBe(30);
      expect(before).not.toEqual([]);
      expect(listeners()).toEqual(before);
    } finally {
      unsubscribe('net.client.socket', opened);
    }
  });
});
