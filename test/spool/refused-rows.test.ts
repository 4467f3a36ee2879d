import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CandleInput,
  type CandleWriter,
  type CandleWriterOptions,
  DatabaseOperations,
  type DatabaseOptions,
  discardRefused,
  readSpool,
  retryRefused,
  type SpooledRow,
  spoolStatus,
} from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';
import { until } from '../support/until.ts';

const BRIEF: DatabaseOptions = { retry: { outage: { attempts: 2, baseDelayMs: 1, maxDelayMs: 5 } } };

onEveryDatabase('a spool whose rows the database refuses', (bench) => {
  let folder: string;
  let directory: string;
  let database: FreshDatabase;
  let db: DatabaseOperations;
  let spools = 0;

  /** Makes the table refuse the candles of a condition on their volume, or all. */
  const refuse = (condition = 'new.volume is not null'): Promise<unknown> =>
    database.sql(
      bench.dialect === 'sqlite'
        ? `create trigger refuse before insert on market_data when ${condition} begin select raise(abort, 'refused here'); end`
        : `create trigger refuse before insert on market_data for each row begin if ${condition} then signal sqlstate '45000' set message_text = 'refused here'; end if; end`,
    );
  const takeAgain = (): Promise<unknown> => database.sql('drop trigger refuse');
  const bad = (minute: number, changes: Partial<CandleInput> = {}): CandleInput =>
    candle(minute, { volume: '1313', ...changes });
  const BAD = bench.dialect === 'sqlite' ? "new.volume like '%1313.%'" : 'new.volume = 1313';
  const writer = (options: CandleWriterOptions = {}): CandleWriter =>
    db.marketData.candleWriter({ forceUpdate: true, spool: { directory }, ...options });
  const write = async (to: CandleWriter, ...candles: CandleInput[]): Promise<void> => {
    for (const one of candles) {
      to.write(one);
    }
    await to.flush();
  };
  /** The error goes a moment after the last row: an emptied file is shrunk first. */
  const drained = (from: CandleWriter): Promise<void> =>
    until(() => from.stats().spool?.rows === 0 && from.stats().spool?.error === null);
  const closes = async (): Promise<string[]> =>
    (await db.marketData.getCandles({ ...SERIES, ...ALWAYS })).map(({ close }) => close);
  const change = (statement: string): void => {
    const file = new DatabaseSync(join(directory, 'spool.db'));
    file.exec(statement);
    file.close();
  };
  const rows = async (): Promise<SpooledRow[]> => {
    const found: SpooledRow[] = [];
    for await (const row of readSpool(directory)) {
      found.push(row);
    }
    return found;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-spool-'));
  });

  beforeEach(async () => {
    spools += 1;
    directory = join(folder, String(spools));
    database = await freshDatabase(bench.dialect);
    db = new DatabaseOperations({ url: database.url, ...BRIEF });
    await db.migrations.up();
  });

  afterEach(async () => {
    await db.close({ force: true });
    await database.remove();
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('keeps them while every row is refused, blames none, and stores the last version of each afterwards', async () => {
    const candles = writer();
    await write(candles, candle(0, { close: '41995' }));
    await refuse();
    await write(candles, candle(0, { close: '41996' }), candle(1, { close: '41996' }));
    await write(candles, candle(0, { close: '41997' }));
    await until(() => candles.stats().spool?.error?.message.includes('refused here') === true);
    expect(candles.stats()).toMatchObject({ inserted: 1, spooled: 3, spool: { rows: 3, refused: 0 } });
    await expect(db.health()).resolves.toMatchObject({ healthy: false });
    await takeAgain();
    await drained(candles);
    expect(candles.stats().spool).toMatchObject({ refused: 0, error: null });
    await expect(closes()).resolves.toEqual(['41997', '41996']);
    expect(candles.destroyed).toBe(false);
  });

  it('sets those aside that are refused beside others that are taken, and stores the others in their order', async () => {
    await refuse(BAD);
    const candles = writer();
    await write(candles, candle(0), bad(1), candle(0, { close: '41998' }), bad(2), candle(3, { close: '41999' }));
    await drained(candles);
    expect(candles.stats().spool).toMatchObject({ refused: 2, error: null });
    await expect(closes()).resolves.toEqual(['41998', '41999']);
    await expect(rows()).resolves.toMatchObject([
      { kind: 'candle', forceUpdate: true, refused: expect.stringContaining('refused here'), row: { volume: '1313' } },
      { kind: 'candle', forceUpdate: true, refused: expect.stringContaining('refused here'), row: { volume: '1313' } },
    ]);
  });

  it('does not take a row alone for the fault, nor let it hold up those that come behind it', async () => {
    await refuse(BAD);
    const candles = writer();
    await write(candles, bad(0));
    await until(() => candles.stats().spool?.error?.message.includes('refused here') === true);
    expect(candles.stats().spool).toMatchObject({ rows: 1, refused: 0 });
    await write(candles, bad(1), bad(2));
    await write(candles, candle(3, { close: '41999' }));
    await drained(candles);
    expect(candles.stats().spool).toMatchObject({ refused: 3, error: null });
    await expect(closes()).resolves.toEqual(['41999']);
  });

  it('leaves nothing behind of the rows that it tries', async () => {
    await refuse("new.close <> '42042' and new.close <> 42042");
    const candles = writer();
    await write(candles, candle(0), candle(1));
    await until(() => candles.stats().spool?.error !== null);
    // of another kind: no candle is taken, whatever becomes of messages
    const messages = db.rawTrades.rawTradeWriter({ spool: { directory } });
    messages.write(point(0));
    await messages.flush();
    expect(candles.stats().spool).toMatchObject({ rows: 3, refused: 0 });
    await expect(db.marketData.countCandles()).resolves.toBe(0);
    await expect(db.rawTrades.getRawDataStats()).resolves.toMatchObject({ count: 0 });
  });

  it('stores good rows among many that are refused, in as many batches as they came', async () => {
    await refuse(BAD);
    const candles = writer({ batchRows: 100 });
    const many = Array.from({ length: 400 }, (_, minute) => (minute % 37 === 5 ? bad(minute) : candle(minute)));
    await write(candles, ...many);
    await until(() => candles.stats().spool?.rows === 0);
    const refused = many.filter(({ volume }) => volume === '1313').length;
    expect(candles.stats().spool).toMatchObject({ refused });
    await expect(db.marketData.countCandles()).resolves.toBe(400 - refused);
  });

  it('sets rows aside also where the spool is full', async () => {
    await refuse(BAD);
    await database.sql('alter table market_data rename to hidden');
    const candles = writer({
      ...{ batchRows: 100, batchBytes: 50_000, highWaterMark: 400, flushIntervalMs: 1 },
      spool: { directory, maxBytes: 1_300_000 },
    });
    for (let minute = 0; candles.stats().spool?.full === false; minute += 1) {
      // the last rows come one by one, so that not a page is left
      if (!candles.write(minute < 60 ? bad(minute) : candle(minute)) || minute > 4_400) {
        await Promise.race([candles.flush(), until(() => candles.stats().spool?.full === true)]);
      }
    }
    await database.sql('alter table hidden rename to market_data');
    await until(() => candles.stats().spool?.rows === 0 && candles.stats().queued === 0);
    await drained(candles);
    const { rejected, spool } = candles.stats();
    expect(rejected).toBe(0);
    const good = await db.marketData.countCandles();
    expect(good + (spool?.refused ?? 0)).toBe(candles.stats().spooled + candles.stats().inserted);
  });

  describe('and keeps', () => {
    /** Two versions of one candle that were refused and a third one that was stored, and another candle. */
    const fill = async (): Promise<void> => {
      await refuse(BAD);
      const candles = writer();
      await write(candles, bad(0, { close: '41996' }), bad(0, { close: '41997' }), bad(1, { close: '41998' }));
      await write(candles, candle(0, { close: '41999' }), candle(7));
      await until(() => candles.stats().spool?.rows === 0);
      await db.close();
      db = new DatabaseOperations({ url: database.url, ...BRIEF });
      await takeAgain();
    };

    it('puts them back on request, and they never replace what was stored later', async () => {
      await fill();
      await expect(retryRefused(directory)).resolves.toBe(3);
      await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 3, refused: 0 });
      await expect(db.drainSpool({ directory })).resolves.toEqual({ drained: 3, refused: 0, left: 0 });
      expect((await closes()).slice(0, 2)).toEqual(['41999', '41998']);
    });

    it('stores the last of their versions where none is stored', async () => {
      await fill();
      await db.marketData.deleteCandles({ ...SERIES, ...ALWAYS });
      await retryRefused(directory);
      await db.drainSpool({ directory });
      await expect(closes()).resolves.toEqual(['41997', '41998']);
    });

    it('stores the last of their versions also where more rows are put back than fit into one batch', async () => {
      await fill();
      await db.marketData.deleteCandles({ ...SERIES, ...ALWAYS });
      const minutes = 6_000;
      change(`with recursive minutes (n) as (select 2 union all select n + 1 from minutes where n < ${minutes})
        insert into refused (kind, force_update, refused_at, reason, data) select kind, force_update, refused_at, reason,
          json_set(data, '$.startTime', strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(data, '$.startTime'), n || ' minutes'),
                         '$.endTime', strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(data, '$.endTime'), n || ' minutes'))
        from refused, minutes where id = 1 order by n`);
      change(`insert into refused (kind, force_update, refused_at, reason, data)
        select kind, force_update, refused_at, reason, json_set(data, '$.close', '42000') from refused where id = 1`);
      await expect(retryRefused(directory)).resolves.toBe(3 + minutes - 1 + 1);
      await db.drainSpool({ directory });
      await expect(db.marketData.countCandles()).resolves.toBe(minutes + 1);
      expect((await closes()).slice(0, 3)).toEqual(['42000', '41998', '41996']);
    });

    it('stores a closed version rather than an open one that came later, where its writer would have', async () => {
      await refuse(BAD);
      const candles = writer({ forceUpdate: 'unless-closed' });
      await write(candles, bad(0, { close: '41996', closed: true }), candle(7));
      await until(() => candles.stats().spool?.rows === 0);
      await write(candles, bad(0, { close: '41997', closed: false }), candle(8));
      await write(candles, bad(1, { close: '41998', closed: false }), candle(9));
      await write(candles, bad(1, { close: '41999', closed: false }), candle(9));
      await until(() => candles.stats().spool?.rows === 0);
      await db.close();
      db = new DatabaseOperations({ url: database.url, ...BRIEF });
      await takeAgain();
      await expect(retryRefused(directory)).resolves.toBe(4);
      await db.drainSpool({ directory });
      expect((await closes()).slice(0, 2)).toEqual(['41996', '41999']);
    });

    it('writes them over what was stored later only by force', async () => {
      await fill();
      await expect(retryRefused(directory, { force: true })).resolves.toBe(3);
      await expect(db.drainSpool({ directory })).resolves.toMatchObject({ drained: 3 });
      expect((await closes()).slice(0, 2)).toEqual(['41997', '41998']);
    });

    it('drops them on request', async () => {
      await fill();
      await expect(discardRefused(directory)).resolves.toBe(3);
      await expect(rows()).resolves.toEqual([]);
      await expect(retryRefused(directory)).resolves.toBe(0);
    });

    it('does either only where no process uses it', async () => {
      await fill();
      const candles = writer();
      await write(candles, candle(9));
      for (const change of [retryRefused, discardRefused]) {
        const error = await failureOf(change(directory));
        expect(error).toMatchObject({ kind: 'configuration', operation: change.name });
        expect(error.message).toContain(`process ${process.pid}`);
        await expect(failureOf(change(join(folder, 'none')))).resolves.toMatchObject({ kind: 'invalid-input' });
      }
      await expect(spoolStatus(directory)).resolves.toMatchObject({ refused: 3 });
    });
  });

  it('is drained on request, and what is refused is reported, or set aside where that is asked for', async () => {
    await refuse();
    await write(writer(), candle(0), candle(1));
    await db.close();
    db = new DatabaseOperations({ url: database.url, ...BRIEF });
    const error = await failureOf(db.drainSpool({ directory }));
    expect(error.message).toContain('refused here');
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 2, refused: 0, usedBy: null });
    await expect(db.drainSpool({ directory, setAside: true })).resolves.toEqual({ drained: 0, refused: 2, left: 0 });
    await expect(spoolStatus(directory)).resolves.toMatchObject({ rows: 0, refused: 2, usedBy: null });
  });
});
