import { expect, it } from '@jest/globals';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, NEW_YEAR, point, SERIES } from '../support/samples.ts';

onEveryDatabase('db.sql', (bench) => {
  it('reads rows as objects, with values by marks and by a tagged template alike', async () => {
    await bench.db.marketData.upsertCandles([candle(0), candle(1), candle(2)]);
    const start = new Date(NEW_YEAR + 60_000);
    const text =
      'select symbol, start_time, closed from market_data where symbol = ? and start_time >= ? order by start_time';
    const rows = await bench.db.sql.query(text, [SERIES.symbol, start]);
    expect(rows).toEqual([
      { symbol: SERIES.symbol, start_time: start, closed: 1 },
      { symbol: SERIES.symbol, start_time: new Date(NEW_YEAR + 120_000), closed: 1 },
    ]);
    const tagged = await bench.db.sql.query`
      select symbol, start_time, closed from market_data
      where symbol = ${SERIES.symbol} and start_time >= ${start} order by start_time`;
    expect(tagged).toEqual(rows);
  });

  it('hands out the decimals and instants of the tables as the repositories do', async () => {
    const stored = candle(0, { low: '0.000000000000000001', volume: '123456789012345678.123456789012345678' });
    await bench.db.marketData.upsertCandle(stored);
    const row = await bench.db.sql.first`select low, volume, start_time from market_data`;
    expect(row).toEqual({
      low: '0.000000000000000001',
      volume: '123456789012345678.123456789012345678',
      start_time: new Date(NEW_YEAR),
    });
  });

  it('loses no digit of a whole number', async () => {
    const { sql } = bench.db;
    await expect(
      sql.query`select ${9_007_199_254_740_991} as safe, ${9_007_199_254_740_993n} as large`,
    ).resolves.toEqual([{ safe: 9_007_199_254_740_991, large: 9_007_199_254_740_993n }]);
    await expect(sql.scalar`select ${-(2n ** 63n)}`).resolves.toBe(-(2n ** 63n));
  });

  it.each([
    ['a quote', "it's"],
    ['two quotes', '\'"`'],
    ['a backslash', 'a\\'],
    ['a backslash before a quote', "\\' or 1 = 1 -- "],
    ['a statement', "'; drop table bots; --"],
    ['marks', '? ?? :name @x $1'],
    ['letters of many alphabets', 'Zürich 価格 🚀'],
    ['a comment', '/* # -- */'],
    ['nothing', ''],
  ])('gives back %s as it was', async (_what, value) => {
    await expect(bench.db.sql.scalar`select ${value}`).resolves.toBe(value);
    await expect(bench.db.sql.scalar("select concat('?', ?)", [value])).resolves.toBe(`?${value}`);
  });

  it('gives back numbers, bytes, yes and no and null', async () => {
    const bytes = Buffer.from([0, 1, 39, 92, 255]);
    const row = await bench.db.sql.first`select ${null} as n, ${0.1} + 0 as d, ${true} as y, ${false} as f, ${-5} as m`;
    expect(row).toMatchObject({ n: null, y: 1, f: 0, m: -5 });
    expect(Number(row?.['d'])).toBe(0.1);
    await expect(bench.db.sql.scalar`select ${bytes}`).resolves.toEqual(bytes);
  });

  it('takes a list for the values of its parentheses', async () => {
    await bench.db.rawTrades.insertMany([point(0), point(1, { symbol: 'ETH-USDT' }), point(2, { symbol: 'SOL-USDT' })]);
    const symbols = ['SOL-USDT', 'ETH-USDT', "'"];
    const tagged = bench.db.sql.query`select symbol from raw_trades where symbol in (${symbols}) order by symbol`;
    await expect(tagged).resolves.toEqual([{ symbol: 'ETH-USDT' }, { symbol: 'SOL-USDT' }]);
    const marked = bench.db.sql.query('select symbol from raw_trades where symbol in ( ? ) order by symbol', [symbols]);
    await expect(marked).resolves.toHaveLength(2);
  });

  it('reads rows as lists, in which columns may have one name', async () => {
    const options = { rowsAsArray: true } as const;
    await expect(bench.db.sql.query('select 1 as a, 2 as a', [], options)).resolves.toEqual([[1, 2]]);
    await expect(bench.db.sql.first('select 1 as a, 2 as a', [], options)).resolves.toEqual([1, 2]);
    await expect(failureOf(bench.db.sql.query('select 1 as a, 2 as a'))).resolves.toMatchObject({
      kind: 'invalid-input',
      operation: 'sql.query',
      message: expect.stringMatching(/columns with names of their own .*several called a/),
    });
    await expect(bench.db.sql.first('select 1 as __proto__')).resolves.toEqual(JSON.parse('{"__proto__":1}'));
  });

  it('says what a statement did', async () => {
    const { sql } = bench.db;
    const first = await bench.db.bots.add(bot());
    const inserted = await sql.execute(
      'insert into bots (name, strategy_name, exchange, symbol, timeframe, status, virtual_balance, current_balance, created_at, updated_at) ' +
        'select ?, strategy_name, exchange, symbol, timeframe, status, virtual_balance, current_balance, created_at, updated_at from bots',
      ['second'],
    );
    expect(inserted).toEqual({ affectedRows: 1, insertId: first.id + 1, warnings: 0 });
    const updated = await sql.execute`update bots set symbol = ${'X'}`;
    expect(updated).toEqual({ affectedRows: 2, insertId: null, warnings: 0 });
    await expect(sql.execute`delete from bots where name = ${'nobody'}`).resolves.toMatchObject({ affectedRows: 0 });
    await expect(sql.execute('create table extra (k integer primary key)')).resolves.toMatchObject({
      affectedRows: 0,
      insertId: null,
    });
    await expect(sql.tableNames()).resolves.toEqual(
      expect.arrayContaining(['bots', 'extra', 'market_data', 'raw_trades']),
    );
    await sql.execute('drop table extra');
    await expect(sql.tableNames()).resolves.not.toContain('extra');
  });

  it('gives no id of a table that makes none', async () => {
    await bench.db.bots.add(bot());
    await bench.db.rawTrades.insertMarketDataPoint(point());
    const copy = await bench.db.sql.execute`
      insert into raw_trades (exchange, symbol, data_type, timestamp, source_id, received_at, raw_data)
      select exchange, ${'copied'}, data_type, timestamp, source_id, received_at, raw_data from raw_trades`;
    expect(copy).toEqual({ affectedRows: 1, insertId: null, warnings: 0 });
  });

  it('gives null where there is no row', async () => {
    await expect(bench.db.sql.first`select * from bots`).resolves.toBeNull();
    await expect(bench.db.sql.scalar`select name from bots`).resolves.toBeNull();
    await expect(bench.db.sql.query`select * from bots`).resolves.toEqual([]);
  });

  it('streams rows, holds few of them, and gives the connection back when its loop is left', async () => {
    const db = bench.instance({ pool: { max: 1 } });
    const candles = Array.from({ length: 3_000 }, (_, minute) => candle(minute));
    await db.marketData.upsertCandles(candles);
    const text = 'select start_time from market_data where symbol = ? order by start_time';
    const seen: number[] = [];
    for await (const { start_time } of db.sql.stream<{ start_time: Date }>(text, [SERIES.symbol], { batchSize: 7 })) {
      seen.push(start_time.getTime());
    }
    expect(seen).toEqual(candles.map(({ startTime }) => new Date(startTime as never).getTime()));
    let left = 0;
    for await (const row of db.sql.stream(text, [SERIES.symbol], { batchSize: 1, rowsAsArray: true })) {
      left += row.length;
      break;
    }
    expect(left).toBe(1);
    await expect(db.sql.scalar('select count(*) from market_data')).resolves.toBe(3_000);
  });

  it('ends a stream by a signal, with its reason', async () => {
    await bench.db.marketData.upsertCandles(Array.from({ length: 50 }, (_, minute) => candle(minute)));
    const db = bench.instance({ pool: { max: 1 } });
    const abort = new AbortController();
    let rows = 0;
    const loop = async (): Promise<void> => {
      const options = { batchSize: 2, signal: abort.signal };
      for await (const _ of db.sql.stream('select * from market_data', [], options)) {
        rows += 1;
        abort.abort(new Error('enough'));
      }
    };
    await expect(loop()).rejects.toThrow('enough');
    expect(rows).toBe(1);
    await expect(db.sql.scalar('select 1')).resolves.toBe(1);
  });

  it('reports in a stream what is wrong with its statement', async () => {
    const loop = async (): Promise<void> => {
      for await (const _ of bench.db.sql.stream('select nonsense from market_data')) {
        throw new Error('a row');
      }
    };
    await expect(failureOf(loop())).resolves.toMatchObject({ operation: 'sql.stream', kind: 'schema' });
  });
});
