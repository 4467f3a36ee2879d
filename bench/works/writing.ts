import { WRITE_CEILING } from '../contestants.ts';
import { type CandleSet, candlesOf } from '../data/candles.ts';
import { candleText, digestOf, rawPointText } from '../data/digest.ts';
import { type RawSet, rawPointsOf } from '../data/raw-points.ts';
import type { Order } from '../process/order.ts';
import type { Sizes } from './sizes.ts';
import type { Databases, Work } from './work.ts';

const CLOCK_TOLERANCE_MS = 1_000;
const SLOW_SHARE = 0.02;
const STORED_EDITION = 0;
const WRITTEN_EDITION = 10;

const keysOf = ({ series, minutes }: Sizes) => ({ series, minutes });

/** Fills the tables from which the works' beginnings are copied. */
export async function prepareWriting({ written }: Databases, sizes: Sizes): Promise<void> {
  for (const [table, half] of [
    ['stored_all', false],
    ['stored_half', true],
  ] as const) {
    await written.run(`create table ${table} like market_data`);
    await written.loadCandles({ ...keysOf(sizes), edition: STORED_EDITION, half }, table);
  }
}

export function writingWorks(sizes: Sizes): Work[] {
  const slowSizes = { ...sizes, minutes: Math.ceil(sizes.minutes * SLOW_SHARE) };
  return sizedWorks(sizes).map((work, index) => ({ ...work, forSlow: sizedWorks(slowSizes)[index] as Work }));
}

function sizedWorks(sizes: Sizes): Work[] {
  const { batchRows } = sizes;
  const set: CandleSet = { ...keysOf(sizes), edition: WRITTEN_EDITION };
  const warmUpSet = { ...set, minutes: Math.ceil(sizes.minutes / 10) };
  const batches = {
    order: { kind: 'upsert-batches', set, batchRows } as Order,
    warmUp: { kind: 'upsert-batches', set: warmUpSet, batchRows } as Order,
  };
  const singles: CandleSet = { ...set, minutes: sizes.singleMinutes };
  const rawSet: RawSet = { symbols: sizes.rawSymbols, trades: sizes.rawTrades };
  return [
    {
      ...candleWork('insert', 'insert, 1,000 a batch', set),
      ...batches,
      unit: 'rows/s',
      ceiling: WRITE_CEILING,
      prepare: ({ written }) => written.run('truncate table market_data'),
    },
    {
      ...candleWork('re-upsert', 're-upsert of the same keys', set),
      ...batches,
      unit: 'rows/s',
      ceiling: WRITE_CEILING,
      prepare: (databases) => restore(databases, 'stored_all', set),
    },
    {
      ...candleWork('mixed', 'upsert, half the keys stored', set),
      ...batches,
      unit: 'rows/s',
      ceiling: WRITE_CEILING,
      prepare: (databases) => restore(databases, 'stored_half', set),
    },
    {
      ...candleWork('one-by-one', 'one upsert at a time, half the keys stored', singles),
      order: { kind: 'upsert-one-by-one', set: singles },
      warmUp: { kind: 'upsert-one-by-one', set: { ...singles, minutes: Math.ceil(singles.minutes / 4) } },
      unit: 'ms',
      prepare: (databases) => restore(databases, 'stored_half', singles),
    },
    {
      name: 'raw-insert',
      title: 'raw trades, insert, 1,000 a batch',
      on: 'written',
      unit: 'rows/s',
      ceiling: WRITE_CEILING,
      order: { kind: 'insert-raw', set: rawSet, batchRows },
      warmUp: { kind: 'insert-raw', set: { ...rawSet, trades: Math.ceil(rawSet.trades / 10) }, batchRows },
      prepare: ({ written }) => written.run('truncate table raw_trades'),
      expected: () => digestOf(rawPointsOf(rawSet), rawPointText),
      found: ({ written }) => written.digestRaw(),
    },
  ];
}

function candleWork(
  name: string,
  title: string,
  set: CandleSet,
): Pick<Work, 'name' | 'title' | 'on' | 'expected' | 'found'> {
  return {
    name,
    title,
    on: 'written',
    expected: () => digestOf(candlesOf(set), candleText),
    found: async ({ written }, _measurement, startedAt) => {
      const [first, last] = await written.writtenBetween();
      // every row is written anew, and stamped with the time it is now in UTC
      if (first < startedAt || last.getTime() > Date.now() + CLOCK_TOLERANCE_MS) {
        throw new Error(`rows were stamped ${first.toISOString()} to ${last.toISOString()}, not with the present time`);
      }
      return written.digestCandles();
    },
  };
}

async function restore({ written }: Databases, table: string, { minutes }: CandleSet): Promise<void> {
  await written.run('truncate table market_data');
  await written.run(
    `insert into market_data select * from ${table} ` +
      `where start_time < (select min(start_time) from ${table}) + interval ${minutes} minute`,
  );
}
