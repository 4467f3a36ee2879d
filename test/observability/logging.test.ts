import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import pino from 'pino';
import type { DatabaseOperations } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, NEW_YEAR, point, SERIES } from '../support/samples.ts';

onEveryDatabase('logging', (bench) => {
  it('logs every statement with its duration and row count, and neither payload nor password', async () => {
    const lines: { level: string; details: object; message: string }[] = [];
    const take = (level: string) => (details: object, message: string) => lines.push({ level, details, message });
    const logger = { debug: take('debug'), info: take('info'), warn: take('warn'), error: take('error') };
    const db = bench.instance({ logger, logQueries: true });

    await db.transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle(0, { volume: '31337.25' }));
      await tx.rawTrades.insertMarketDataPoint(point(0, { payload: '{"secret":"payload-31337"}' }));
      await tx.bots.add(bot({ name: 'secret-bot-31337', config: { apiKey: 'key-31337' } }));
    });

    const statements = lines.filter(({ level }) => level === 'debug').map(({ message }) => message);
    expect(statements).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^begin/),
        expect.stringMatching(/^insert into `market_data`/),
        expect.stringMatching(/^insert into `raw_trades`/),
        expect.stringMatching(/^insert into `bots`/),
        'commit',
      ]),
    );
    const candleLine = lines.find(({ message }) => message.startsWith('insert into `market_data`'));
    expect(candleLine?.details).toEqual({ durationMs: expect.any(Number), rows: 1 });
    expect(JSON.stringify(lines)).not.toContain('31337');
  });

  it('shows the whole shape of a batch: one row, how many there are, and what follows them', async () => {
    const lines: string[] = [];
    const ignore = () => undefined;
    const debug = (_details: object, message: string) => lines.push(message);
    const db = bench.instance({ logger: { debug, info: ignore, warn: ignore, error: ignore }, logQueries: true });
    await db.marketData.upsertCandles(Array.from({ length: 99 }, (_, index) => candle(index, { exchange: "it's" })));
    expect(lines.filter((line) => line.startsWith('insert into `market_data`'))).toEqual([
      expect.stringMatching(
        /^insert into `market_data` \(`exchange`, .*\) values \((\?, ){13}\?\) × 99 .*on (duplicate|conflict) .*$/,
      ),
    ]);
  });

  it('logs no statements by default, and takes pino as it is', async () => {
    const written: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => written.push(line) });
    const db = bench.instance({ logger });
    await db.marketData.upsertCandle(candle());

    expect(written.map((line) => JSON.parse(line).msg)).toEqual([
      'no exchange was given: defaultExchange is taken, here and from now on',
      'connected',
      'stored candle BTC-USDT 1m 2024-01-01T00:00:00.000Z: inserted',
    ]);
  });

  /** The lines of one level that some work has written, without those of connecting. */
  const heard = async (
    level: 'debug' | 'info',
    work: (db: DatabaseOperations) => Promise<unknown>,
  ): Promise<string[]> => {
    const lines: string[] = [];
    const ignore = () => undefined;
    const take = (_details: object, message: string) => lines.push(message);
    const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, [level]: take };
    const db = bench.instance({ logger });
    await work(db);
    return lines.filter((line) => line !== 'connected');
  };

  it('logs each write at debug in one line: what, and its result', async () => {
    let id = 0;
    const lines = await heard('debug', async (db) => {
      await db.marketData.upsertCandle(candle(0));
      await db.marketData.upsertCandle(candle(0, { timeframe: '5m', symbol: 'a\u001b[2Jb' }), true);
      await db.marketData.upsertCandles([candle(0), candle(1), candle(1), candle(2, { low: 'x' })]);
      await db.rawTrades.insertMarketDataPoint(point(7));
      await db.rawTrades.insertMany([point(7), point(8)]);
      const writer = db.rawTrades.rawTradeWriter();
      writer.write(point(9));
      await writer.flush();
      ({ id } = await db.bots.add(bot()));
      await db.bots.update(id, { status: 'active' });
      await db.bots.modify(id, () => ({ status: 'paused' }));
      await db.bots.adjustBalance(id, 1);
      await db.bots.recordHeartbeat(id);
      await db.bots.delete(id);
      await db.bots.update(id, { status: 'active' });
      await db.marketData.deleteCandles({ ...SERIES, ...ALWAYS });
      await db.rawTrades.cleanupOldRawData({ olderThan: NEW_YEAR + 8 });
    });
    expect(lines).toEqual([
      'stored candle BTC-USDT 1m 2024-01-01T00:00:00.000Z: inserted',
      'stored candle "a\\u001b[2Jb" 5m 2024-01-01T00:00:00.000Z: inserted',
      'stored 3 candles: 1 inserted, 0 updated, 2 unchanged',
      'stored raw trade BTC-USDT trade 2024-01-01T00:00:00.007Z: inserted',
      'stored 2 raw trades: 1 inserted, 0 updated, 1 unchanged',
      'stored 1 raw trades: 1 inserted, 0 updated, 0 unchanged',
      `stored bot ${id}: version 1`,
      `stored bot ${id}: version 2`,
      `stored bot ${id}: version 3`,
      `stored bot ${id}: version 4`,
      `stored heartbeat of bot ${id}`,
      `deleted bot ${id}`,
      'found no such bot',
      'deleted 2 candles',
      'deleted 1 raw trades',
    ]);
  });

  it('logs each transaction and savepoint that was undone at debug, without the words of its error', async () => {
    const lines = await heard('debug', async (db) => {
      const refuse = async (): Promise<never> => {
        throw new Error('hunter2');
      };
      await db.transaction(async (tx) => {
        await tx.transaction(refuse).catch(() => undefined);
      });
      await db.transaction(refuse).catch(() => undefined);
      await db.bots.add(bot());
      await db.transaction((tx) => tx.bots.add(bot())).catch(() => undefined);
    });
    expect(lines).toEqual([
      "rolled back a savepoint: the caller's code threw",
      "rolled back a transaction: the caller's code threw",
      expect.stringMatching(/^stored bot \d+: version 1$/),
      'rolled back a transaction: duplicate',
    ]);
  });

  it('makes no words for a level that is off', async () => {
    const fail = () => {
      throw new Error('asked for');
    };
    let asked = 0;
    const debug = () => {
      asked += 1;
    };
    const isLevelEnabled = (level: string): boolean => level !== 'debug';
    const db = bench.instance({ logger: { debug, info: () => undefined, warn: fail, error: fail, isLevelEnabled } });
    await db.marketData.upsertCandle(candle());
    expect(asked).toBe(0);
  });

  it('says once that the default exchange is taken, by writes and by reads, and not where one is given', async () => {
    const told = ['no exchange was given: defaultExchange is taken, here and from now on'];
    await expect(
      heard('info', async (db) => {
        await db.marketData.upsertCandle(candle(0, { exchange: 'binance' }));
        await db.marketData.getLatestCandle({ ...SERIES, exchange: 'binance' });
      }),
    ).resolves.toEqual([]);
    await expect(heard('info', (db) => db.marketData.getLatestCandle(SERIES))).resolves.toEqual(told);
    await expect(
      heard('info', async (db) => {
        await db.marketData.upsertCandles([candle(0), candle(1)]);
        await db.rawTrades.insertMany([point(0)]);
        await db.transaction((tx) => tx.bots.add(bot()));
      }),
    ).resolves.toEqual(told);
  });

  it('writes to standard error where DEBUG is set and no logger is passed in', async () => {
    const script = `
      const { getDatabaseOperations } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      const db = getDatabaseOperations();
      await db.marketData.upsertCandle({ symbol: 'SHOWN', timeframe: '1m', startTime: 1704067200000,
        open: 1, high: 1, low: 1, close: 1, volume: 31337.25 });
      await db.close();`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      { env: { DATABASE_URL: bench.database.url, DEBUG: 'true' } },
    );
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^debug insert into `market_data` .*\{"durationMs":[\d.]+,"rows":1\}$/m);
    expect(stderr).toContain('debug stored candle SHOWN 1m');
    expect(stderr).not.toContain('31337');
  });

  it('logs a failure once, and leaves out what the caller did wrong', async () => {
    const errors: string[] = [];
    const nothing = () => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (_: object, message: string) => errors.push(message),
    };
    const db = bench.instance({ logger });
    await db.marketData.upsertCandle(candle(0, { high: '1' })).catch(nothing);
    expect(errors).toEqual([]);

    await db.migrations.down();
    await db.marketData.upsertCandle(candle()).catch(nothing);
    expect(errors).toEqual([expect.stringContaining('tradestore migrate up')]);
    await db.migrations.up();
  });
});
