import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import pino from 'pino';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, point } from '../support/samples.ts';

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
        /^insert into `market_data` \(`exchange`, .*\) values \((\?, ){12}\?\) × 99 .*on (duplicate|conflict) .*$/,
      ),
    ]);
  });

  it('says nothing about statements unless told to, and takes pino as it is', async () => {
    const written: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => written.push(line) });
    const db = bench.instance({ logger });
    await db.marketData.upsertCandle(candle());

    expect(written.map((line) => JSON.parse(line).msg)).toEqual(['connected']);
  });

  it('writes to standard error where DEBUG is set and no logger is passed in', async () => {
    const script = `
      const { getDatabaseOperations } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      const db = getDatabaseOperations();
      await db.marketData.upsertCandle({ symbol: 'SECRET', timeframe: '1m', startTime: 1704067200000,
        open: 1, high: 1, low: 1, close: 1, volume: 1 });
      await db.close();`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      { env: { DATABASE_URL: bench.database.url, DEBUG: 'true' } },
    );
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^debug insert into `market_data` .*\{"durationMs":[\d.]+,"rows":1\}$/m);
    expect(stderr).not.toContain('SECRET');
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
