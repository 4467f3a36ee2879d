import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, point } from '../support/samples.ts';

const SERIES = { symbol: 'BTC-USDT', timeframe: '15m' } as const;
const QUARTER = 15 * 60_000;

// the hours around the two changes of New York's clocks in 2024: in March 02:00 to 03:00 does not exist, in
// November 01:00 to 02:00 comes twice
const STARTS = [Date.UTC(2024, 2, 10, 5), Date.UTC(2024, 10, 3, 4)].flatMap((from) =>
  Array.from({ length: 16 }, (_, index) => from + index * QUARTER),
);

const SCRIPT = `
  const { DatabaseOperations } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
  const [url, starts, candle, point, bot] = JSON.parse(process.argv[1]);
  await using db = new DatabaseOperations({ url });
  const written = await db.marketData.upsertCandles(starts.map((startTime) => ({ ...candle, timeframe: '15m', startTime })));
  await db.rawTrades.insertMany(starts.map((timestamp) => ({ ...point, timestamp: new Date(timestamp) })));
  const { id } = await db.bots.add(bot);
  await db.bots.recordHeartbeat(id, starts[8]);
  const range = { startTime: starts[0], endTime: '2025-01-01T00:00:00Z' };
  const candles = await db.marketData.getCandles({ symbol: 'BTC-USDT', timeframe: '15m', ...range });
  const trades = await db.rawTrades.getRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', ...range });
  console.log(JSON.stringify({
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    offsets: [new Date(starts[0]).getTimezoneOffset(), new Date(starts[15]).getTimezoneOffset()],
    inserted: written.inserted,
    starts: candles.map(({ startTime }) => startTime.getTime()),
    ends: candles.map(({ endTime }) => endTime.getTime()),
    timestamps: trades.map(({ timestamp }) => timestamp.getTime()),
    heartbeat: (await db.bots.getById(id)).lastHeartbeat.getTime(),
    addedMsAgo: Date.now() - (await db.bots.getById(id)).createdAt.getTime(),
  }));`;

onEveryDatabase('a process in a zone that changes its clocks', (bench) => {
  it('writes and reads the same instants as one in UTC', async () => {
    const input = JSON.stringify([bench.database.url, STARTS, candle(), point(), bot()]);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', SCRIPT, input],
      { env: { ...process.env, TZ: 'America/New_York' } },
    );
    const child = JSON.parse(stdout) as Record<string, number | number[]>;

    // the zone was in force, or nothing was tested
    expect(child).toMatchObject({ zone: 'America/New_York', offsets: [300, 240] });
    expect(child).toMatchObject({
      inserted: STARTS.length,
      starts: STARTS,
      ends: STARTS.map((start) => start + QUARTER),
      timestamps: STARTS,
      heartbeat: STARTS[8],
    });
    expect(child['addedMsAgo']).toBeLessThan(60_000);

    const here = await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS });
    expect(here.map(({ startTime }) => startTime.getTime())).toEqual(STARTS);
    const first = 'select min(start_time) as first from market_data';
    const [row] = (await bench.database.sql(
      bench.dialect === 'sqlite' ? first : first.replace('min(start_time)', 'cast(min(start_time) as char)'),
    )) as { first: unknown }[];
    expect(row?.first).toBe(bench.dialect === 'sqlite' ? STARTS[0] : '2024-03-10 05:00:00.000');
  });
});
