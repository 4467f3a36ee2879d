import type { Columns, Contender } from '../contender.ts';
import { candlesOf } from '../data/candles.ts';
import { columnsDigest, columnsOfBytes } from '../data/columns-digest.ts';
import { candleText, type Digest, digestOf, rawPointText } from '../data/digest.ts';
import type { CandleRange } from '../data/ranges.ts';
import { rawPointsOf } from '../data/raw-points.ts';
import { asCandle, asRawPoint } from '../data/read-rows.ts';
import type { Measurement, Order, SentCandleRange } from './order.ts';
import { Stopwatch } from './stopwatch.ts';

type Outcome = Omit<Measurement, 'cpuMs' | 'ms' | 'maxRssMiB' | 'latenciesMs'>;
type OrderOf<Kind extends Order['kind']> = Extract<Order, { kind: Kind }>;
type Work<Kind extends Order['kind']> = (
  contender: Contender,
  order: OrderOf<Kind>,
  watch: Stopwatch,
) => Promise<Outcome | undefined>;

/** Executes one order and measures it; returns nothing if the contender does not offer it. */
export async function carryOut(contender: Contender, order: Order): Promise<Measurement | undefined> {
  // so that garbage of the previous work is not measured
  globalThis.gc?.();
  const watch = new Stopwatch();
  const outcome = await (works[order.kind] as Work<Order['kind']>)(contender, order, watch);
  if (outcome === undefined) {
    return undefined;
  }
  const maxRssMiB = process.resourceUsage().maxRSS / 1024;
  return { ...outcome, ms: watch.ms, cpuMs: watch.cpuMs, maxRssMiB, latenciesMs: watch.latenciesMs };
}

const works: { [Kind in Order['kind']]: Work<Kind> } = {
  'upsert-batches': async (contender, { set, batchRows }, watch) =>
    inBatches(contender.upsertBatch?.bind(contender), [...candlesOf(set)], batchRows, watch),

  'upsert-one-by-one': async ({ upsertOne }, { set }, watch) => {
    if (upsertOne === undefined) {
      return undefined;
    }
    const candles = [...candlesOf(set)];
    for (const candle of candles) {
      await watch.time(() => upsertOne(candle));
    }
    return { rows: candles.length };
  },

  'read-ranges': async ({ readRange }, { ranges }, watch) =>
    readRange &&
    addUp(ranges, async (range) => {
      const rows = await watch.time(() => readRange(received(range)));
      return digestOf(rows, (row) => candleText(asCandle(row)));
    }),

  'read-latest': async ({ latest }, { series, times }, watch) => {
    const calls = Array.from({ length: times }, (_, call) => series[call % series.length] as SentCandleRange);
    return (
      latest &&
      addUp(calls, async ({ exchange, symbol, timeframe, priceType }) => {
        const row = await watch.time(() => latest({ exchange, symbol, timeframe, priceType }));
        return digestOf([row], (found) => candleText(asCandle(found)));
      })
    );
  },

  stream: async ({ stream }, { range }, watch) => {
    if (stream === undefined) {
      return undefined;
    }
    let rows = 0;
    let first: unknown;
    let last: unknown;
    let firstRowMs = 0;
    await watch.time(async () => {
      const start = performance.now();
      for await (const row of stream(received(range))) {
        if (rows === 0) {
          firstRowMs = performance.now() - start;
          first = row;
        }
        rows += 1;
        last = row;
      }
    });
    const { sum } = digestOf([first, last], (row) => candleText(asCandle(row)));
    return { rows, firstRowMs, digest: { rows, sum } };
  },

  'read-columns': async ({ readColumns }, { ranges }, watch) =>
    readColumns &&
    addUp(ranges, async (range) => {
      const read = await watch.time(() => readColumns(received(range)));
      return columnsDigest(Array.isArray(read) ? columnsOfBytes(read) : (read as Columns));
    }),

  'insert-raw': async (contender, { set, batchRows }, watch) =>
    inBatches(contender.insertRaw?.bind(contender), [...rawPointsOf(set)], batchRows, watch),

  'read-raw': async ({ readRaw }, { ranges }, watch) =>
    readRaw &&
    addUp(ranges, async ({ startMs, endMs, ...of }) => {
      const rows = await watch.time(() => readRaw({ ...of, startTime: new Date(startMs), endTime: new Date(endMs) }));
      return digestOf(rows, (row) => rawPointText(asRawPoint(row)));
    }),
};

async function inBatches<Row>(
  write: ((rows: readonly Row[]) => Promise<unknown>) | undefined,
  rows: readonly Row[],
  batchRows: number,
  watch: Stopwatch,
): Promise<Outcome | undefined> {
  if (write === undefined) {
    return undefined;
  }
  const batches = Array.from({ length: Math.ceil(rows.length / batchRows) }, (_, index) =>
    rows.slice(index * batchRows, (index + 1) * batchRows),
  );
  await watch.time(async () => {
    for (const batch of batches) {
      await write(batch);
    }
  });
  return { rows: rows.length };
}

async function addUp<Item>(items: readonly Item[], read: (item: Item) => Promise<Digest>): Promise<Outcome> {
  let rows = 0;
  let sum = 0;
  for (const item of items) {
    const digest = await read(item);
    rows += digest.rows;
    sum += digest.sum;
  }
  return { rows, digest: { rows, sum } };
}

function received({ startMs, endMs, ...series }: SentCandleRange): CandleRange {
  return { ...series, startTime: new Date(startMs), endTime: new Date(endMs) };
}
