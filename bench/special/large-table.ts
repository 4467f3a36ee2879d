import { type CandleSet, rangeAt, seriesAt } from '../data/candles.ts';
import type { Series } from '../data/ranges.ts';
import { say } from '../report/say.ts';
import type { BenchServer } from '../server/bench-server.ts';
import { BenchDatabase } from '../server/database.ts';
import type { Sizes } from '../works/sizes.ts';

/** The first series has the rows that are streamed; the others share what is left. */
const SERIES = 6;
const SMALL_TABLE_ROWS = 10_000;
const EDITION = 0;

export interface LargeTable {
  readonly largeUrl: string;
  readonly smallUrl: string;
  readonly series: readonly Series[];
}

const made = new WeakMap<BenchServer, Promise<LargeTable>>();

/** The large table and a small one with the same series, made once for the works that need them. */
export function largeTable(server: BenchServer, sizes: Sizes): Promise<LargeTable> {
  const table = made.get(server) ?? make(server, sizes);
  made.set(server, table);
  return table;
}

/** The series of the large table that is streamed, whole. */
export function streamedRange({ streamedRows }: Sizes) {
  return rangeAt(0, 0, streamedRows);
}

async function make(server: BenchServer, { largeRows, streamedRows }: Sizes): Promise<LargeTable> {
  say(`filling a table with ${largeRows.toLocaleString('en')} rows`);
  const others = (largeRows - streamedRows) / (SERIES - 1);
  const largeUrl = await fill(server, 'bench_large', (series) => (series === 0 ? streamedRows : others));
  const smallUrl = await fill(server, 'bench_small', () => Math.ceil(SMALL_TABLE_ROWS / SERIES));
  return { largeUrl, smallUrl, series: Array.from({ length: SERIES }, (_, series) => seriesAt(series)) };
}

async function fill(server: BenchServer, name: string, minutesOf: (series: number) => number): Promise<string> {
  const database = await BenchDatabase.open(await server.makeDatabase(name));
  for (let series = 0; series < SERIES; series += 1) {
    await database.loadCandles(ofSeries(series, minutesOf(series)));
  }
  await database.run('analyze table market_data');
  await database.close();
  return database.target.url;
}

function ofSeries(firstSeries: number, minutes: number): CandleSet {
  return { series: 1, firstSeries, minutes, edition: EDITION };
}
