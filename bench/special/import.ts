import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createConnection, type QueryOptions } from 'mysql2/promise';
import type { Target } from '../contender.ts';
import { candlesOf } from '../data/candles.ts';
import { candleText, type Digest, digestOf, sameDigest } from '../data/digest.ts';
import type { Candle } from '../data/rows.ts';
import { say } from '../report/say.ts';
import { median } from '../report/statistics.ts';
import { BenchDatabase } from '../server/database.ts';
import type { Special, SpecialContext } from './special.ts';

const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const EDITION = 0;
const EXCHANGE = 'binance';
const SYMBOL = 'BTCUSDT';

/** Hand-written by the book: one statement, with the conversions done by the server. */
const LOAD =
  "load data local infile 'candles.csv' into table market_data fields terminated by ',' " +
  '(@open_time, open, high, low, close, volume, @close_time, quote_volume, trade_count, taker_buy_volume, taker_buy_quote_volume, @ignored) ' +
  `set exchange = '${EXCHANGE}', symbol = '${SYMBOL}', timeframe = '1m', price_type = 'trade', ` +
  "start_time = timestamp('1970-01-01') + interval @open_time * 1000 microsecond, " +
  "end_time = timestamp('1970-01-01') + interval (@close_time + 1) * 1000 microsecond, " +
  'closed = 1, updated_at = utc_timestamp(3)';

/** `tradestore import`, from the start of its process to its end, against the same file loaded by hand. */
export const importSpecial: Special = {
  name: 'import',
  title: ({ sizes }) => `import of ${sizes.importRows.toLocaleString('en')} candles from a CSV file`,
  measure: async (context) => {
    const { server, sizes, repeats } = context;
    const target = await server.makeDatabase('bench_import');
    const database = await BenchDatabase.open(target);
    const file = await writeCsv(context);
    const expected = digestOf(importedCandles(sizes.importRows), candleText);
    const seconds = { ours: [] as number[], bare: [] as number[] };
    const measure = async (into: number[], name: string, work: () => Promise<unknown>) => {
      await database.run('truncate table market_data');
      const start = performance.now();
      await work();
      into.push((performance.now() - start) / 1000);
      check(await database.digestCandles(), expected, name);
      say(`import: ${name}: ${into.at(-1)?.toFixed(2)} s`);
    };
    const works = [
      () => measure(seconds.ours, 'tradestore import', () => importFile(target, file)),
      () => measure(seconds.bare, 'LOAD DATA LOCAL', () => loadFile(target, file)),
    ];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (const work of repeat % 2 === 0 ? works : works.toReversed()) {
        await work();
      }
    }
    await database.close();
    const [ours, bare] = [median(seconds.ours), median(seconds.bare)];
    return {
      ratio: bare / ours,
      importSeconds: ours,
      loadDataSeconds: bare,
      importRowsPerSecond: sizes.importRows / ours,
      loadDataRowsPerSecond: sizes.importRows / bare,
      startOfTheProgramSeconds: await startSeconds(target),
    };
  },
};

async function importFile(target: Target, file: string): Promise<void> {
  await runCli(target, ['import', file, '--json']);
}

async function loadFile({ host, port, user, database }: Target, file: string): Promise<void> {
  const connection = await createConnection({ host, port, user, database });
  await connection.query("set time_zone = '+00:00'");
  const options: QueryOptions = { sql: LOAD, infileStreamFactory: () => createReadStream(file) };
  await connection.query(options);
  await connection.end();
}

// the part of an import's time that is starting the program and connecting
async function startSeconds(target: Target): Promise<number> {
  const start = performance.now();
  await runCli(target, ['health', '--json']);
  return (performance.now() - start) / 1000;
}

async function runCli({ url }: Target, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DATABASE_URL: url },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(`tradestore ${args[0]} ended with ${code}`);
  }
}

async function writeCsv({ folder, sizes }: SpecialContext): Promise<string> {
  const file = join(folder, `${SYMBOL}-1m-2014-01.csv`);
  await pipeline(Readable.from(csvLines(sizes.importRows)), createWriteStream(file));
  return file;
}

function* csvLines(rows: number): Generator<string, void, undefined> {
  for (const candle of importedCandles(rows)) {
    yield csvLine(candle);
  }
}

function* importedCandles(rows: number): Generator<Candle, void, undefined> {
  for (const candle of candlesOf({ series: 1, minutes: rows, edition: EDITION })) {
    yield { ...candle, exchange: EXCHANGE, symbol: SYMBOL };
  }
}

/** A row as Binance publishes it. */
function csvLine({ startTime, endTime, open, high, low, close, volume, tradeCount }: Candle): string {
  return `${startTime.getTime()},${open},${high},${low},${close},${volume},${endTime.getTime() - 1},0.0,${tradeCount},0.0,0.0,0\n`;
}

function check(found: Digest, expected: Digest, name: string): void {
  if (!sameDigest(found, expected)) {
    throw new Error(`${name} stored ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}
