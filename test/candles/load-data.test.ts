import { describe, expect, it } from '@jest/globals';
import {
  type Candle,
  type CandleInput,
  type DatabaseOperations,
  type ForceUpdate,
  withEnvironment,
} from '../../src/index.ts';
import { CandleModel, inputOf } from '../support/candle-model.ts';
import { Chooser } from '../support/chooser.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryLoadingServer } from '../support/loading-bench.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { shuffled } from '../support/shuffled.ts';

const MODES: readonly ForceUpdate[] = [false, true, 'unless-closed'];
const candles = (count: number, changes: Partial<CandleInput> = {}): CandleInput[] =>
  Array.from({ length: count }, (_, minute) => candle(minute, changes));

/** What is stored under an instance's own exchange, without what differs between instances. */
async function storedBy(db: DatabaseOperations): Promise<Omit<Candle, 'exchange' | 'updatedAt'>[]> {
  const stored = await db.marketData.getCandles({ ...SERIES, ...ALWAYS });
  return stored.map(({ exchange: _exchange, updatedAt: _updatedAt, ...rest }) => rest);
}

onEveryLoadingServer('large batches on a real', (bench) => {
  let exchanges = 0;
  const exchange = (): string => {
    exchanges += 1;
    return `exchange-${exchanges}`;
  };

  /** What becomes of a batch after another one, both under an exchange of their own. */
  async function outcomeOf(
    bulkLoad: boolean,
    before: readonly CandleInput[],
    batch: readonly CandleInput[],
    forceUpdate: ForceUpdate,
  ) {
    const defaultExchange = exchange();
    await using earlier = bench.instance({ defaultExchange, bulkLoad: false }).db;
    await earlier.marketData.upsertCandles(before);
    // an instance that has written nothing yet expects every candle to be new
    const { db, files } = bench.instance({ defaultExchange, bulkLoad });
    await using _ = db;
    const result = await db.marketData.upsertCandles(batch, { forceUpdate });
    return { result, files: files(), stored: await storedBy(db) };
  }

  it('are sent as files where the candles are new, and a small one is not', async () => {
    const { db, files, statements } = bench.instance({ defaultExchange: exchange() });
    const inserts = (): number => statements.filter((statement) => statement.startsWith('insert')).length;
    await db.marketData.upsertCandles(candles(499, { symbol: 'SMALL' }));
    expect(files()).toBe(0);
    const ofTheSmallOne = inserts();

    await expect(db.marketData.upsertCandles(candles(3_000))).resolves.toEqual({
      inserted: 3_000,
      updated: 0,
      unchanged: 0,
      rejected: [],
    });
    expect(files()).toBeGreaterThan(0);
    expect(inserts()).toBe(ofTheSmallOne);
    await expect(db.marketData.countCandles(SERIES)).resolves.toBe(3_000);
  });

  it('are sent as files again once candles are new again', async () => {
    const { db, files } = bench.instance({ defaultExchange: exchange() });
    const write = async (batch: readonly CandleInput[]): Promise<number> => {
      const before = files();
      await db.marketData.upsertCandles(batch, { forceUpdate: true });
      return files() - before;
    };
    await write(candles(600));
    // the first of these is tried in vain, which the next one learns from
    await write(candles(600));
    await expect(write(candles(600))).resolves.toBe(0);
    await expect(write(candles(600, { symbol: 'NEW' }))).resolves.toBe(0);
    await expect(write(candles(600, { symbol: 'NEWER' }))).resolves.toBe(1);
  });

  describe.each(MODES)('with forceUpdate %s, as files and as statements,', (forceUpdate) => {
    const closedEveryThird = (minute: number): boolean => minute % 3 === 0;
    const batch = Array.from({ length: 700 }, (_, minute) => candle(minute, { closed: closedEveryThird(minute) }));
    const other = batch.map((row, minute) => ({ ...row, close: '42001', closed: closedEveryThird(minute + 1) }));
    const faulty = { ...candle(0), low: '-1' };

    it.each<[what: string, before: readonly CandleInput[], batch: readonly CandleInput[]]>([
      ['new, among faulty ones', [], batch.flatMap((row, index) => (index % 50 === 7 ? [faulty, row] : [row]))],
      ['new, each there twice', [], shuffled([...batch, ...other], 7)],
      ['new but for one', other.slice(100, 101), batch],
      ['half stored', other.slice(200, 550), shuffled([...batch, ...batch], 11)],
      ['all stored, different', other, batch],
      ['all stored, equal', batch, batch],
    ])('counts and stores the same of candles that are %s', async (_what, before, rows) => {
      const byFile = await outcomeOf(true, before, rows, forceUpdate);
      const byStatement = await outcomeOf(false, before, rows, forceUpdate);
      expect(byFile.files).toBeGreaterThan(0);
      expect(byStatement.files).toBe(0);
      expect(byFile.stored).toHaveLength(700);
      expect(byFile).toEqual({ ...byStatement, files: byFile.files });
    });
  });

  it.each([true, false])('are counted as the rules say, whatever is stored (bulkLoad %s)', async (bulkLoad) => {
    const chooser = new Chooser(20_240_101);
    for (const forceUpdate of MODES) {
      const defaultExchange = exchange();
      const model = new CandleModel();
      for (const most of [1_500, 3_000, 3_000]) {
        const batch = Array.from({ length: 500 + chooser.below(1_000) }, () => ({
          minute: chooser.below(most),
          close: chooser.below(2),
          closed: chooser.percent(50),
        }));
        await using db = bench.instance({ defaultExchange, bulkLoad }).db;
        const result = await db.marketData.upsertCandles(
          batch.map((row) => candle(row.minute, inputOf(row))),
          { forceUpdate },
        );
        expect(result).toEqual({ ...model.upsert(batch, forceUpdate), rejected: [] });
        const stored = await storedBy(db);
        expect(stored.map(({ close, closed }) => ({ close, closed }))).toEqual(
          model.stored().map(({ close, closed }) => ({ close: String(close), closed })),
        );
      }
    }
  });

  it.each([
    ['the option', { bulkLoad: false }],
    ['the environment', withEnvironment({ DB_BULK_LOAD: 'false' })],
  ])('are not sent as files where %s says so', async (_what, options) => {
    const { db, files } = bench.instance({ ...options, url: bench.database.url, defaultExchange: exchange() });
    await expect(db.marketData.upsertCandles(candles(2_000))).resolves.toMatchObject({ inserted: 2_000 });
    expect(files()).toBe(0);
  });

  it('are not sent as files in a transaction, which undoes them as a whole', async () => {
    const { db, files } = bench.instance({ defaultExchange: exchange() });
    const undone = new Error('undone');
    const transaction = db.transaction(async (tx) => {
      await expect(tx.marketData.upsertCandles(candles(2_000))).resolves.toMatchObject({ inserted: 2_000 });
      throw undone;
    });
    await expect(transaction).rejects.toBe(undone);
    expect(files()).toBe(0);
    await expect(db.marketData.countCandles(SERIES)).resolves.toBe(0);
  });

  it('are not sent as files where they are stored all or none', async () => {
    const { db, files } = bench.instance({ defaultExchange: exchange() });
    await expect(db.marketData.upsertCandles(candles(2_000), { atomic: true })).resolves.toMatchObject({
      inserted: 2_000,
    });
    expect(files()).toBe(0);
  });

  it('are not given to a server that asks for a file where it is to get none', async () => {
    const { db } = bench.instance({ bulkLoad: false });
    await db.sql.execute('create table taken (line text)');
    const asking = db.sql.execute("load data local infile '/etc/hostname' into table taken");
    // the server says that this client does not give files
    await expect(failureOf(asking)).resolves.toMatchObject({ errno: bench.dialect === 'mariadb' ? 4166 : 3948 });
    await expect(db.sql.scalar('select count(*) from taken')).resolves.toBe(0);
  });
});
