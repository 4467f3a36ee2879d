import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';
import { allOf } from '../support/streamed.ts';

/** In every value that is stored or asked for, as text or as digits. */
const MARK = 'h1dden';
const DIGITS = '73519';
const VALUES = /h1dden|73519/;

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
const OURS = ['operation', 'attempt', 'statement', 'acquire', 'open', 'batch', 'spool'];

/** The channels that the sources of what the library speaks through name, and that of node:sqlite in later Nodes. */
function foreignChannels(): string[] {
  const files = globSync('node_modules/{mysql2,kysely,@mikro-orm/*,sql-escaper}/**/*.{js,cjs,mjs}');
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\b(?:tracingChannel|channel)\(\s*['"]([^'"]+)['"]/g)].map(([, name]) =>
      String(name),
    ),
  );
  return [...new Set([...names, 'sqlite.db.query'])];
}

onEveryDatabase('what is published on channels', (bench) => {
  let folder: string;
  const heard: { name: string; message: string }[] = [];
  const names = [...foreignChannels(), ...OURS.map((name) => `tradestore:${name}`), 'tradestore:close'].flatMap(
    (name) => [name, ...EVENTS.map((event) => `tracing:${name}:${event}`)],
  );
  const listen = (message: unknown, name: string | symbol): void => {
    heard.push({
      name: String(name),
      message: inspect(message, { depth: 12, showHidden: true, maxArrayLength: null }),
    });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-'));
    heard.length = 0;
    for (const name of names) {
      subscribe(name, listen);
    }
  });

  afterEach(async () => {
    for (const name of names) {
      unsubscribe(name, listen);
    }
    await rm(folder, { recursive: true });
  });

  async function doAll(): Promise<void> {
    const db = bench.instance();
    const marked = { symbol: MARK, low: '1', high: `${DIGITS}.5`, volume: DIGITS };
    await db.marketData.upsertCandle(candle(0, marked));
    await db.marketData.upsertCandles([candle(1, marked), candle(2, marked)], { forceUpdate: true });
    await db.marketData.upsertCandles(Array.from({ length: 3_000 }, (_, minute) => candle(minute, marked)));
    await db.marketData.getCandles({ ...SERIES, ...ALWAYS, symbol: MARK });
    await db.marketData.getCandleColumns({ ...SERIES, ...ALWAYS, symbol: MARK });
    await allOf(db.marketData.streamCandles({ ...SERIES, ...ALWAYS, symbol: MARK }));
    await db.rawTrades.insertMany([point(1, { symbol: MARK, payload: { px: DIGITS } })]);
    const writer = db.rawTrades.rawTradeWriter({ spool: { directory: folder } });
    writer.write(point(2, { symbol: MARK, payload: { px: DIGITS } }));
    await writer.flush();
    await db.sql.query('select ? as one', [MARK]);
    await db.sql.execute('insert into bots (nothing) values (?)', [MARK]).catch(() => undefined);
    await db.transaction((tx) => tx.bots.add(bot({ name: MARK })));
    await db.bots.add(bot({ name: MARK })).catch(() => undefined);
    await db.bots.add(bot({ name: `${MARK} `, currentBalance: 'none' })).catch(() => undefined);
    await db.close();
  }

  it('holds no value, whatever is done', async () => {
    await doAll();
    expect(heard.filter(({ message }) => VALUES.test(message))).toEqual([]);
  });

  it('is each operation, attempt, statement, connection, batch and spooled row', async () => {
    await doAll();
    const of = (name: string, event = 'asyncEnd') =>
      heard.filter((one) => one.name === `tracing:tradestore:${name}:${event}`).map(({ message }) => message);
    expect(of('operation').join()).toContain("'marketData.upsertCandles'");
    expect(of('operation', 'error').join()).toContain("'error.type': 'duplicate'");
    expect(of('attempt').join()).toContain('attempt: 1');
    expect(of('statement').join()).toMatch(/'db.query.text': '.*market_data.*rows: \d/s);
    expect(of('open').length).toBeGreaterThan(0);
    expect(of('acquire').length).toBeGreaterThan(0);
    expect(heard.some(({ name }) => name === 'tradestore:close')).toBe(true);
    expect(of('batch').join()).toContain('inserted: 1');
  });
});

it('publishes how many rows go to a spool', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tradestore-'));
  const heard: string[] = [];
  const listen = (message: unknown): void => void heard.push(inspect(message));
  subscribe('tracing:tradestore:spool:asyncEnd', listen);
  const db = new DatabaseOperations({
    url: 'mysql://nobody@127.0.0.1:1/nothing',
    connectRetries: 0,
    retry: { outage: { attempts: 1 } },
  });
  const writer = db.rawTrades.rawTradeWriter({ spool: { directory } });
  writer.write(point(1, { symbol: MARK, payload: { px: DIGITS } }));
  await writer.flush();
  await db.close();
  unsubscribe('tracing:tradestore:spool:asyncEnd', listen);
  await rm(directory, { recursive: true });
  expect(heard[0]).toMatch(/'db.operation.name': 'put',\s+'db.operation.batch.size': 1/);
  expect(heard.join()).not.toMatch(VALUES);
});

it('would be seen where a driver publishes it', () => {
  expect(foreignChannels()).toEqual(expect.arrayContaining(['mysql2:query', 'mysql2:execute']));
  const heard: unknown[] = [];
  const listen = (message: unknown): void => void heard.push(message);
  subscribe('tracing:mysql2:query:start', listen);
  channel('tracing:mysql2:query:start').publish({ query: MARK });
  unsubscribe('tracing:mysql2:query:start', listen);
  expect(inspect(heard)).toMatch(VALUES);
  expect(tracingChannel('mysql2:query').start.hasSubscribers).toBe(false);
});
