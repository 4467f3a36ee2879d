import type { SpecialResult } from '../report/result.ts';
import { say } from '../report/say.ts';
import { coldStart } from './cold-start.ts';
import { importSpecial } from './import.ts';
import { largeTable, streamedRange } from './large-table.ts';
import { runTask } from './run-task.ts';
import type { Special, SpecialContext } from './special.ts';
import type { LatestParameters } from './tasks/latest.ts';
import type { StatsParameters } from './tasks/stats.ts';
import type { StreamParameters } from './tasks/stream.ts';
import type { WriterParameters } from './tasks/writer.ts';

const WRITER_SERIES = 50;

const rowsOf = (rows: number) => `${rows.toLocaleString('en')} rows`;

const writer: Special = {
  name: 'writer',
  title: ({ sizes }) => `candleWriter, ${rowsOf(sizes.writerRows)} as fast as it lets them in`,
  measure: async ({ server, sizes: { writerRows } }) => {
    const { url } = await server.makeDatabase('bench_writer');
    const set = { series: WRITER_SERIES, minutes: writerRows / WRITER_SERIES, edition: 0 };
    return runTask('writer', { url, set, rows: writerRows } satisfies WriterParameters);
  },
};

const latest: Special = {
  name: 'large-latest',
  title: ({ sizes }) => `getLatestCandle, ${rowsOf(sizes.largeRows)} against 10,000`,
  measure: async ({ server, sizes, repeats }) => {
    const { largeUrl, smallUrl, series } = await largeTable(server, sizes);
    const calls = sizes.latestCalls * repeats;
    return runTask('latest', { largeUrl, smallUrl, series, calls } satisfies LatestParameters);
  },
};

const stats: Special = {
  name: 'stats',
  title: ({ sizes }) => `getStats on ${rowsOf(sizes.largeRows)}`,
  measure: async ({ server, sizes, repeats }) => {
    const { largeUrl } = await largeTable(server, sizes);
    return runTask('stats', { url: largeUrl, calls: repeats } satisfies StatsParameters);
  },
};

const streams = (['pages', 'snapshot'] as const).map(
  (mode): Special => ({
    name: `stream-${mode}`,
    title: ({ sizes }) => `streamCandles of ${rowsOf(sizes.streamedRows)}, mode '${mode}'`,
    measure: async ({ server, sizes, repeats }) => {
      const { largeUrl } = await largeTable(server, sizes);
      const { exchange, symbol, startTime, endTime } = streamedRange(sizes);
      return runTask('stream', {
        url: largeUrl,
        mode,
        exchange,
        symbol,
        startMs: startTime.getTime(),
        endMs: endTime.getTime(),
        rows: sizes.streamedRows,
        starts: repeats,
      } satisfies StreamParameters);
    },
  }),
);

/** The works of the library alone. */
export const SPECIALS: readonly Special[] = [coldStart, importSpecial, writer, latest, stats, ...streams];

export async function runSpecial({ name, title, measure }: Special, context: SpecialContext): Promise<SpecialResult> {
  say(`${name}`);
  try {
    return { name, title: title(context), figures: await measure(context) };
  } catch (error) {
    const { message } = error as Error;
    say(`${name}: ${message}`);
    return { name, title: title(context), figures: {}, error: message };
  }
}
