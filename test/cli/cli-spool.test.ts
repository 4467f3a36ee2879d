import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CandleInput, DatabaseOperations } from '../../src/index.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';
import { CliFolder } from './run-cli.ts';

/** A server that is not there. */
const NOWHERE = 'mysql://collector:S3CRET@127.0.0.1:1/market';
const BRIEF = { connectRetries: 0, retry: { outage: { attempts: 1 } } };

describe('tradestore spool', () => {
  let folder: CliFolder;
  const spool = (name: string): string => join(folder.path, name);

  /** Spools rows for a database that is not there. */
  const fill = async (name: string): Promise<DatabaseOperations> => {
    const db = new DatabaseOperations({ url: NOWHERE, ...BRIEF });
    const candles = db.marketData.candleWriter({ forceUpdate: 'unless-closed', spool: { directory: spool(name) } });
    const trades = db.rawTrades.rawTradeWriter({ spool: { directory: spool(name) } });
    candles.write(candle(0, { close: '42001.123456789012345678' }));
    candles.write(candle(1));
    await candles.flush();
    trades.write(point(0));
    await trades.flush();
    return db;
  };

  beforeAll(async () => {
    folder = await CliFolder.make();
  });

  afterAll(() => folder[Symbol.asyncDispose]());

  it('shows what a spool holds, also while a process uses it and no database answers', async () => {
    const db = await fill('shown');
    const status = await folder.runProcess(['spool', 'status', '--directory', 'shown', '--json']);
    expect(JSON.parse(status.stdout)).toEqual({
      directory: spool('shown'),
      database: '127.0.0.1:1/market',
      rows: 3,
      bytes: expect.any(Number),
      oldest: expect.stringMatching(/^\d{4}-.*Z$/),
      refused: 0,
      usedBy: expect.stringContaining(`process ${process.pid}`),
    });
    const drain = await folder.runProcess(['spool', 'drain', '--directory', 'shown']);
    expect(drain).toMatchObject({ code: 1, stdout: '' });
    expect(drain.stderr).toContain(`process ${process.pid}`);
    await db.close();
    const { code, stdout } = await folder.run(['spool', 'status', '--directory', 'shown']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/rows +3\n/);
    expect(stdout).toMatch(/in use by +nobody/);
    expect(stdout).not.toContain('S3CRET');
  });

  it('exports it as JSON lines whose rows can be stored as they are, to the last digit', async () => {
    await (await fill('exported')).close();
    const { code, stdout, stderr } = await folder.run(['spool', 'export', '--directory', 'exported']);
    expect([code, stderr]).toEqual([0, 'tradestore: exported 3 rows\n']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ kind, forceUpdate, refused }) => [kind, forceUpdate, refused])).toEqual([
      ['candle', 'unless-closed', null],
      ['candle', 'unless-closed', null],
      ['raw-trade', false, null],
    ]);
    await using db = folder.database();
    const candles = lines.slice(0, 2).map(({ row }) => row as CandleInput);
    await expect(db.marketData.upsertCandles(candles)).resolves.toMatchObject({ inserted: 2, rejected: [] });
    await expect(db.rawTrades.insertMany([lines[2].row])).resolves.toMatchObject({ inserted: 1 });
    const last = await db.marketData.getCandles({
      symbol: 'BTC-USDT',
      timeframe: '1m',
      startTime: 0,
      endTime: '2100-01-01T00:00:00Z',
    });
    expect(last[0]?.close).toBe('42001.123456789012345678');
    await expect(folder.json('spool', 'status', '--directory', 'exported')).resolves.toMatchObject({ rows: 3 });
  });

  it('drains it, but into another database only when asked to', async () => {
    await (await fill('drained')).close();
    const refused = await folder.run(['spool', 'drain', '--directory', 'drained']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('spooled for 127.0.0.1:1/market');
    expect(refused.stderr).toContain('--other-database');
    await expect(folder.json('spool', 'drain', '--directory', 'drained', '--other-database')).resolves.toEqual({
      drained: 3,
      refused: 0,
      left: 0,
      interrupted: false,
    });
    const again = await folder.run(['spool', 'drain', '--directory', 'drained']);
    expect(again).toMatchObject({ code: 0, stdout: 'Nothing to do: the spool is empty.\n' });
  });

  it('fails where the database does not answer, and takes nothing out', async () => {
    await (await fill('kept')).close();
    const drain = await folder.run(['spool', 'drain', '--directory', 'kept'], {
      DATABASE_URL: NOWHERE,
      DB_CONNECT_RETRIES: '0',
    });
    expect(drain).toMatchObject({ code: 1, stdout: '' });
    expect(drain.stderr).toContain('ECONNREFUSED');
    await expect(folder.json('spool', 'status', '--directory', 'kept')).resolves.toMatchObject({ rows: 3 });
  });

  describe('with rows that were refused', () => {
    /** Rows of three versions of a candle, and a message, of which the first and the last are set aside. */
    const refuse = async (name: string): Promise<void> => {
      await (await fill(name)).close();
      const file = new DatabaseSync(join(spool(name), 'spool.db'));
      for (const [kind, forceUpdate, row] of [
        ['candle', 'true', candle(0, { close: '41997' })],
        ['candle', 'true', candle(5, { close: '41998' })],
        ['raw-trade', 'false', point(5)],
      ] as const) {
        file
          .prepare('insert into refused (kind, force_update, refused_at, reason, data) values (?, ?, 0, ?, ?)')
          .run(kind, forceUpdate, 'no column for it', JSON.stringify(row));
      }
      file.close();
    };

    it('puts them back, and stores them with the others', async () => {
      await refuse('put-back');
      await expect(folder.json('spool', 'status', '--directory', 'put-back')).resolves.toMatchObject({ refused: 3 });
      const { code, stdout } = await folder.run(['spool', 'retry', '--directory', 'put-back']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Put 3 rows back; `.* spool drain --directory put-back`/);
      await expect(folder.json('spool', 'status', '--directory', 'put-back')).resolves.toMatchObject({
        rows: 6,
        refused: 0,
      });
      await expect(folder.json('spool', 'retry', '--directory', 'put-back')).resolves.toEqual({ putBack: 0 });
      await expect(folder.json('spool', 'drain', '--directory', 'put-back', '--other-database')).resolves.toMatchObject(
        { drained: 6, refused: 0 },
      );
    });

    it('drops them only when that is confirmed', async () => {
      await refuse('dropped');
      const asked = await folder.run(['spool', 'discard', '--directory', 'dropped']);
      expect(asked).toMatchObject({ code: 2, stdout: '' });
      expect(asked.stderr).toContain('--yes');
      await expect(folder.json('spool', 'discard', '--directory', 'dropped', '--yes')).resolves.toEqual({
        discarded: 3,
      });
      await expect(folder.json('spool', 'status', '--directory', 'dropped')).resolves.toMatchObject({
        rows: 3,
        refused: 0,
      });
      expect((await folder.run(['spool', 'discard', '--directory', 'dropped'])).stdout).toContain('Nothing to do');
    });

    it('is exported and imported again to the last digit, those that were refused on request', async () => {
      await refuse('round-trip');
      const { stdout } = await folder.run(['spool', 'export', '--directory', 'round-trip']);
      await folder.file('rows.jsonl', `${stdout}\nnot json\n{"kind":"candle","row":{}}\n{"kind":"other"}\n`);
      const url = `sqlite:${join(folder.path, 'imported.db')}`;
      const first = await folder.run(['import', 'rows.jsonl', '--database', url, '--json']);
      expect(first.code).toBe(1);
      expect(first.stderr).toContain('3 refused rows skipped; --refused stores them too');
      expect(JSON.parse(first.stdout)).toMatchObject({
        ...{ read: 6, inserted: 3, updated: 0, unchanged: 0, rejected: 3 },
        rejections: [{ line: 8 }, { line: 9 }, { line: 10 }],
      });
      await using db = new DatabaseOperations({ url });
      const closes = async (): Promise<string[]> =>
        (await db.marketData.getCandles({ ...SERIES, ...ALWAYS })).map(({ close }) => close);
      await expect(closes()).resolves.toEqual(['42001.123456789012345678', '42005']);

      await folder.file('rows.jsonl', stdout);
      await expect(folder.json('import', 'rows.jsonl', '--refused', '--database', url)).resolves.toMatchObject({
        ...{ read: 6, inserted: 2, unchanged: 4, rejected: 0 },
      });
      // one that was refused never replaces what is stored
      await expect(closes()).resolves.toEqual(['42001.123456789012345678', '42005', '41998']);
      const trades = await db.rawTrades.getRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', ...ALWAYS });
      expect(trades.map(({ rawData }) => rawData)).toEqual([point(0), point(5)].map(({ payload }) => payload));
      const series = await folder.run(['import', 'rows.jsonl', '--symbol', 'X']);
      expect(series).toMatchObject({ code: 2 });
      expect(series.stderr).toContain('leave out --symbol');
      const force = await folder.run(['import', 'rows.jsonl', '--force', '--refused']);
      expect(force).toMatchObject({ code: 2, stdout: '' });
      expect(force.stderr).toContain('leave out --force');
    });
  });

  it.each(['status', 'drain', 'export', 'retry', 'discard'])(
    '%s needs a directory that has a spool, and makes none',
    async (command) => {
      await expect(folder.run(['spool', command])).resolves.toMatchObject({ code: 2, stdout: '' });
      const { code, stderr } = await folder.run(['spool', command, '--directory', 'nothing']);
      expect(code).toBe(2);
      expect(stderr).toContain(spool('nothing'));
      expect(existsSync(spool('nothing'))).toBe(false);
    },
  );
});
