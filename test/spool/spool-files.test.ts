import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CandleWriter,
  DatabaseOperations,
  type DatabaseOptions,
  discardRefused,
  type RetryRefusedOptions,
  readSpool,
  retryRefused,
  type SpooledRow,
  type SpoolState,
  spoolStatus,
} from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';
import { until } from '../support/until.ts';

const BRIEF: DatabaseOptions = { retry: { outage: { attempts: 2, baseDelayMs: 1, maxDelayMs: 5 } } };

onEveryDatabase('the file of a spool', (bench) => {
  let folder: string;
  let directory: string;
  let database: FreshDatabase;
  let db: DatabaseOperations;
  let spools = 0;

  const again = async (): Promise<void> => {
    await db.close();
    db = new DatabaseOperations({ url: database.url, ...BRIEF });
  };
  const hide = (): Promise<unknown> => database.sql('alter table market_data rename to hidden');
  const show = (): Promise<unknown> => database.sql('alter table hidden rename to market_data');
  const writer = (maxBytes?: number): CandleWriter =>
    db.marketData.candleWriter({ forceUpdate: true, spool: { directory, ...(maxBytes && { maxBytes }) } });
  const write = async (to: CandleWriter, minute: number, close = '42000'): Promise<void> => {
    to.write(candle(minute, { close }));
    await to.flush();
  };
  /** Spools candles of these minutes, each a batch of its own, and ends. */
  const fill = async (...minutes: number[]): Promise<void> => {
    await hide();
    const candles = writer();
    for (const minute of minutes) {
      await write(candles, minute);
    }
    await again();
    await show();
  };
  const stored = async (): Promise<string[]> =>
    (await db.marketData.getCandles({ ...SERIES, ...ALWAYS })).map(({ close }) => close);
  const change = (statement: string): void => {
    const file = new DatabaseSync(join(directory, 'spool.db'));
    file.exec(statement);
    file.close();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-spool-'));
  });

  beforeEach(async () => {
    spools += 1;
    directory = join(folder, String(spools), 'spool');
    database = await freshDatabase(bench.dialect);
    db = new DatabaseOperations({ url: database.url, ...BRIEF });
    await db.migrations.up();
  });

  afterEach(async () => {
    await db.close({ force: true });
    await database.remove();
  });

  afterAll(() => rm(folder, { recursive: true }));

  describe('that cannot be made', () => {
    /** A file where the directory would be. */
    const block = () => writeFile(join(folder, String(spools)), '');
    const unblock = () => rm(join(folder, String(spools)));

    it('does not stop recording: the database takes the rows, the failure is reported, and it is tried again', async () => {
      await block();
      const candles = writer();
      const told: SpoolState[] = [];
      candles.on('spool', (state) => told.push(state));
      await write(candles, 0);
      expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 0, spool: { rows: 0, full: true } });
      expect(candles.stats().spool?.error?.message).toContain(directory);
      await until(() => told.length > 0);
      expect(told[0]).toMatchObject({ full: true, error: expect.any(Error) });
      await expect(db.health()).resolves.toMatchObject({ healthy: false, spools: [{ directory, full: true }] });
      await unblock();
      await until(() => candles.stats().spool?.error === null);
      await until(() => told.at(-1)?.full === false);
      await hide();
      await write(candles, 1);
      expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 1 });
      await show();
      await until(() => candles.stats().spool?.rows === 0);
      await expect(stored()).resolves.toHaveLength(2);
      await expect(db.health()).resolves.toMatchObject({ healthy: true });
    });

    it('makes its writer wait in an outage, for either of the two', async () => {
      await block();
      const candles = writer();
      await hide();
      candles.write(candle(0));
      const flushed = candles.flush();
      await until(() => candles.stats().retried > 0 || candles.stats().queued === 1);
      await show();
      await flushed;
      await hide();
      candles.write(candle(1));
      const spooled = candles.flush();
      await unblock();
      await spooled;
      expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 1, queued: 0 });
      await show();
      await until(() => candles.stats().spool?.rows === 0);
      await expect(stored()).resolves.toHaveLength(2);
    });

    it('stops no recording either where it was begun, and is found without its tables', async () => {
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'spool.db'), '');
      // no statement can be written without a journal
      await mkdir(join(directory, 'spool.db-journal'));
      const candles = writer();
      await write(candles, 0);
      expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 0, spool: { rows: 0, full: true } });
    });

    it('is no reason to wait with closing', async () => {
      await block();
      const candles = writer();
      await write(candles, 0);
      await expect(db.close()).resolves.toMatchObject({ flushed: 0, spooled: 0, unwritten: 0 });
    });
  });

  it('that cannot be opened but may hold rows lets none overtake them', async () => {
    await fill(0);
    await rm(join(directory, 'spool.lock'));
    await writeFile(join(directory, 'spool.lock'), 'no lock, but a file of some other kind, which is in its place');
    const candles = writer();
    candles.write(candle(0, { close: '42001' }));
    const flushed = candles.flush();
    await until(() => candles.stats().spool?.error !== null);
    await expect(db.marketData.countCandles()).resolves.toBe(0);
    await rm(join(directory, 'spool.lock'));
    await flushed;
    await until(() => candles.stats().spool?.rows === 0);
    await expect(stored()).resolves.toEqual(['42001']);
  });

  it('is released after a drain on request, and a writer may then open it with its own size', async () => {
    await fill(0);
    await expect(db.drainSpool({ directory })).resolves.toEqual({ drained: 1, refused: 0, left: 0 });
    await expect(spoolStatus(directory)).resolves.toMatchObject({ usedBy: null });
    await expect(db.health()).resolves.toMatchObject({ spools: [] });
    const candles = writer(50_000_000);
    await write(candles, 1);
    expect(candles.stats().spool).toMatchObject({ maxBytes: 50_000_000 });
    await expect(db.drainSpool({ directory })).resolves.toMatchObject({ drained: 0 });
    await expect(spoolStatus(directory)).resolves.toMatchObject({ usedBy: expect.stringContaining('process') });
  });

  it('is not released where a writer opens it while it is drained', async () => {
    await fill(0, 1, 2);
    const draining = db.drainSpool({ directory });
    const candles = writer(50_000_000);
    await expect(draining).resolves.toMatchObject({ drained: 3 });
    expect(candles.stats().spool).toMatchObject({ maxBytes: 50_000_000, error: null });
    await hide();
    await write(candles, 3);
    expect(candles.stats()).toMatchObject({ spooled: 1 });
    await show();
    await until(() => candles.stats().spool?.rows === 0);
  });

  it('lets timers run while a source writes without a pause, so that draining goes on', async () => {
    await hide();
    const candles = writer();
    await write(candles, 0);
    const showing = setTimeout(() => void show(), 20);
    const end = performance.now() + 10_000;
    for (let minute = 1; candles.stats().inserted === 0 && performance.now() < end; minute += 1) {
      await write(candles, minute);
    }
    expect(candles.stats().inserted).toBeGreaterThan(0);
    clearTimeout(showing);
  });

  it('is drained for two callers at once, and one of them may leave', async () => {
    await fill(0, 1, 2, 3, 4, 5);
    const leaving = new AbortController();
    const one = db.drainSpool({ directory, signal: leaving.signal, onProgress: () => leaving.abort() });
    const two = db.drainSpool({ directory });
    await one;
    await expect(two).resolves.toMatchObject({ refused: 0, left: 0 });
    await expect(stored()).resolves.toHaveLength(6);
    await expect(spoolStatus(directory)).resolves.toMatchObject({ usedBy: null });
  });

  it('can be drained, or be had by a writer, while it is let go of', async () => {
    await fill(0, 1, 2, 3, 4, 5);
    const leaving = new AbortController();
    const one = db.drainSpool({ directory, signal: leaving.signal, onProgress: () => leaving.abort() });
    await until(() => leaving.signal.aborted);
    for (let turn = 0; turn < 5; turn += 1) {
      await Promise.resolve();
    }
    const candles = writer();
    await write(candles, 6);
    await one;
    await until(() => candles.stats().spool?.rows === 0);
    await expect(stored()).resolves.toHaveLength(7);
    expect(candles.destroyed).toBe(false);
  });

  it('that is removed in an outage loses nothing that was acknowledged while its process lives', async () => {
    await hide();
    const candles = writer();
    await write(candles, 0);
    await write(candles, 1);
    await rm(directory, { recursive: true });
    candles.write(candle(2));
    const waiting = candles.flush();
    await until(() => candles.stats().spool?.full === true);
    expect(candles.stats().spool?.error?.message).toContain('was removed');
    await show();
    await waiting;
    await until(() => candles.stats().spool?.rows === 0 && candles.stats().spool?.error === null);
    await expect(stored()).resolves.toHaveLength(3);
    await hide();
    await write(candles, 3);
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 1 });
    await show();
  });

  it('keeps refused rows from another database than theirs', async () => {
    await fill(0);
    await db.drainSpool({ directory });
    change(
      `insert into refused (kind, force_update, refused_at, reason, data) values ('candle', 'false', 0, 'refused', '{}')`,
    );
    const other = await freshDatabase(bench.dialect);
    const elsewhere = new DatabaseOperations({ url: other.url, ...BRIEF });
    try {
      const [error] = await once(elsewhere.marketData.candleWriter({ spool: { directory } }), 'error');
      expect(error).toMatchObject({ kind: 'configuration' });
      expect(error.message).toContain('0 rows and 1 refused row');
      await expect(elsewhere.drainSpool({ directory, otherDatabase: true })).resolves.toMatchObject({ drained: 0 });
    } finally {
      await elsewhere.close({ force: true });
      await other.remove();
    }
  });

  it('is never written by two, also where its lock was removed', async () => {
    await hide();
    const candles = writer();
    await write(candles, 0);
    await rm(join(directory, 'spool.lock'));
    const second = new DatabaseOperations({ url: database.url, ...BRIEF });
    try {
      const taking = second.marketData.candleWriter({ forceUpdate: true, spool: { directory } });
      await write(taking, 0, '42001');
      candles.write(candle(1));
      const failed = once(candles, 'error');
      await expect(failureOf(candles.flush())).resolves.toMatchObject({ kind: 'configuration' });
      const [error] = await failed;
      expect(error.message).toContain('which another process or instance has taken');
      expect(candles.unwritten).toHaveLength(1);
      await show();
      await until(() => taking.stats().spool?.rows === 0);
      await expect(stored()).resolves.toEqual(['42001']);
    } finally {
      await second.close({ force: true });
    }
  });

  it('is drained by the process that took it last alone', async () => {
    await hide();
    const candles = writer();
    await write(candles, 0);
    await rm(join(directory, 'spool.lock'));
    const second = new DatabaseOperations({ url: database.url, ...BRIEF });
    try {
      await write(second.marketData.candleWriter({ forceUpdate: true, spool: { directory } }), 0, '42001');
    } finally {
      await second.close({ force: true });
    }
    await show();
    await until(() => candles.stats().spool?.error?.message.includes('has taken') === true);
    await expect(stored()).resolves.toEqual([]);
  });

  it('becomes as large as a writer wants it that comes while it is drained', async () => {
    await fill(0, 1, 2);
    let candles: CandleWriter | undefined;
    const onProgress = (): void => {
      candles ??= writer(50_000_000);
    };
    await expect(db.drainSpool({ directory, onProgress })).resolves.toMatchObject({ drained: 3 });
    expect(candles?.stats().spool).toMatchObject({ maxBytes: 50_000_000, error: null });
    expect(() => writer(60_000_000)).toThrow('50000000, as the other writers');
  });

  it('with one damaged batch is drained but for that, whose text is kept', async () => {
    await fill(0, 1, 2);
    change("update batches set data = substr(data, 1, 40) || x'00ff' where sequence = 2");
    const found: SpooledRow[] = [];
    for await (const row of readSpool(directory)) {
      found.push(row);
    }
    expect(found).toMatchObject([
      { refused: null },
      { refused: expect.stringContaining('damaged'), row: expect.stringContaining('[{"') },
      { refused: null },
    ]);
    await expect(db.drainSpool({ directory })).resolves.toEqual({ drained: 2, refused: 1, left: 0 });
    await expect(stored()).resolves.toHaveLength(2);
    const kept: SpooledRow[] = [];
    for await (const row of readSpool(directory)) {
      kept.push(row);
    }
    expect(kept).toEqual([{ ...found[1], at: expect.any(Date) }]);
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 0, refused: 1 });
  });

  it('names the field of a row that is not valid any more, and no place in a batch', async () => {
    await fill(0);
    change(`update batches set data = replace(data, '"close":"42000"', '"close":"x"')`);
    await expect(db.drainSpool({ directory })).resolves.toEqual({ drained: 0, refused: 1, left: 0 });
    const kept = await readSpool(directory).next();
    expect(kept.value).toMatchObject({ refused: expect.stringMatching(/^close: expected /) });
  });

  it('is read by a stream that may be destroyed with an error of its own', async () => {
    await fill(0, 1);
    const own = new Error('enough');
    const rows = Readable.from(readSpool(directory));
    rows.once('data', () => rows.destroy(own));
    await expect(finished(rows)).rejects.toBe(own);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['options', { directory: '/var/lib/collector/spool' }],
    ['no text', ''],
  ])('is refused by name where its directory is %s', async (_name, given) => {
    const path = given as string;
    const calls = [
      () => spoolStatus(path),
      () => readSpool(path).next(),
      () => retryRefused(path),
      () => discardRefused(path),
      () => db.drainSpool({ directory: path }),
    ];
    for (const call of calls) {
      const { issues } = await failureOf(call());
      expect(issues).toMatchObject([{ expected: 'the path of a directory' }]);
    }
    const options = null as unknown as RetryRefusedOptions;
    await expect(failureOf(retryRefused('/nowhere', options))).resolves.toMatchObject({ kind: 'invalid-input' });
  });

  it.each([
    ['is no database', (path: string) => writeFile(path, 'this is a text, and no database, however long it may be')],
    ['has no tables', async (path: string) => new DatabaseSync(path).close()],
  ])('that %s is reported by an error of ours', async (_what, damage) => {
    await fill(0);
    await rm(join(directory, 'spool.db'));
    await damage(join(directory, 'spool.db'));
    await expect(failureOf(spoolStatus(directory))).resolves.toMatchObject({ operation: 'spoolStatus' });
    const error = await failureOf(readSpool(directory).next());
    expect(error).toMatchObject({ operation: 'readSpool' });
    expect(error.message).toContain(directory);
  });

  it('of another form is refused by name', async () => {
    await fill(0);
    for (const form of [1, 3]) {
      change(`pragma user_version = ${form}`);
      const [error] = await once(writer(), 'error');
      expect(error).toMatchObject({ kind: 'configuration' });
      expect(error.message).toContain(`expected a spool of format 2, received one of format ${form}`);
    }
    change('pragma user_version = 2');
    const trades = db.rawTrades.rawTradeWriter({ spool: { directory } });
    trades.write(point(0));
    await trades.flush();
    await until(() => trades.stats().spool?.rows === 0);
    await expect(stored()).resolves.toHaveLength(1);
  });
});
