import { READ_CEILING } from '../contestants.ts';
import { type CandleSet, candleAt, candlesOf, rangeAt } from '../data/candles.ts';
import { toColumns } from '../data/columns.ts';
import { columnsDigest } from '../data/columns-digest.ts';
import { candleText, type Digest, digestOf, rawPointText } from '../data/digest.ts';
import { type RawSet, rawPointsOf, rawRangeAt } from '../data/raw-points.ts';
import type { Order, SentCandleRange, SentRawRange } from '../process/order.ts';
import type { Sizes } from './sizes.ts';
import type { Databases, Work } from './work.ts';

const EDITION = 0;

/** Fills the database that is only read. */
export async function prepareReading({ read }: Databases, sizes: Sizes): Promise<void> {
  for (let series = 0; series < sizes.readSeries; series += 1) {
    await read.loadCandles({ series: 1, firstSeries: series, minutes: sizes.readMinutes, edition: EDITION });
  }
  await read.loadRaw(rawSetOf(sizes));
  // reads must not be measured while the server is still busy with what was loaded
  await read.run('analyze table market_data, raw_trades');
}

export function readingWorks(sizes: Sizes): Work[] {
  const windows = windowsOf(sizes, sizes.ranges);
  const columnWindows = windowsOf(sizes, sizes.columnRanges);
  const ranges = windows.map(sentWindow);
  const whole = sentRange(0, 0, sizes.readMinutes);
  const series = Array.from({ length: sizes.readSeries }, (_, index) => sentRange(index, 0, 1));
  const rawRanges = Array.from({ length: sizes.readSeries }, (_, symbol) => sentRawRange(symbol, sizes));
  const work = (
    name: string,
    title: string,
    unit: Work['unit'],
    order: Order,
    warmUp: Order,
    expected: () => Digest,
  ): Work => ({
    name,
    title,
    on: 'read',
    unit,
    ceiling: READ_CEILING,
    order,
    warmUp,
    expected,
    found: async (_databases, { digest }) => digest ?? { rows: 0, sum: 0 },
  });
  return [
    work(
      'range',
      `range read, ${sizes.rangeRows.toLocaleString('en')} rows`,
      'rows/s',
      { kind: 'read-ranges', ranges },
      { kind: 'read-ranges', ranges },
      () => sumOf(windows.map((window) => digestOf(candlesOf(window), candleText))),
    ),
    work(
      'latest',
      'latest candle of a series',
      'ms',
      { kind: 'read-latest', series, times: sizes.latestCalls },
      { kind: 'read-latest', series, times: sizes.latestCalls },
      () =>
        digestOf(
          Array.from({ length: sizes.latestCalls }, (_, call) => call % sizes.readSeries),
          (index) => candleText(candleAt(index, sizes.readMinutes - 1, EDITION)),
        ),
    ),
    work(
      'stream',
      `stream, ${sizes.readMinutes.toLocaleString('en')} rows`,
      'rows/s',
      { kind: 'stream', range: whole },
      { kind: 'stream', range: ranges[0] as SentCandleRange },
      () => ({
        rows: sizes.readMinutes,
        sum: digestOf([0, sizes.readMinutes - 1], (minute) => candleText(candleAt(0, minute, EDITION))).sum,
      }),
    ),
    work(
      'columns',
      `columns, ${sizes.columnRanges} ranges of ${sizes.rangeRows.toLocaleString('en')} rows`,
      'rows/s',
      { kind: 'read-columns', ranges: columnWindows.map(sentWindow) },
      { kind: 'read-columns', ranges },
      () =>
        sumOf(
          columnWindows.map((window) => columnsDigest(toColumns([...candlesOf(window)], (c) => c.startTime.getTime()))),
        ),
    ),
    work(
      'raw-range',
      `raw trades, range read, ${sizes.rawRangeRows.toLocaleString('en')} rows`,
      'rows/s',
      { kind: 'read-raw', ranges: rawRanges },
      { kind: 'read-raw', ranges: rawRanges },
      () => digestOf(rawPointsOf(rawSetOf(sizes)), rawPointText),
    ),
  ];
}

// a window in each series in turn, each further on in its series
function windowsOf({ rangeRows, readSeries, readMinutes }: Sizes, windows: number) {
  return Array.from({ length: windows }, (_, index) => ({
    series: 1,
    firstSeries: index % readSeries,
    firstMinute: (index * rangeRows) % (readMinutes - rangeRows + 1),
    minutes: rangeRows,
    edition: EDITION,
  })) satisfies CandleSet[];
}

function rawSetOf({ readSeries, rawRangeRows }: Sizes): RawSet {
  return { symbols: readSeries, trades: rawRangeRows };
}

function sentWindow({ firstSeries, firstMinute, minutes }: ReturnType<typeof windowsOf>[number]): SentCandleRange {
  return sentRange(firstSeries, firstMinute, minutes);
}

function sentRange(series: number, firstMinute: number, minutes: number): SentCandleRange {
  const { startTime, endTime, ...of } = rangeAt(series, firstMinute, minutes);
  return { ...of, startMs: startTime.getTime(), endMs: endTime.getTime() };
}

function sentRawRange(symbol: number, { rawRangeRows }: Sizes): SentRawRange {
  const { startTime, endTime, ...of } = rawRangeAt(symbol, rawRangeRows);
  return { ...of, startMs: startTime.getTime(), endMs: endTime.getTime() };
}

function sumOf(digests: readonly Digest[]): Digest {
  return {
    rows: digests.reduce((total, { rows }) => total + rows, 0),
    sum: digests.reduce((total, { sum }) => total + sum, 0),
  };
}
