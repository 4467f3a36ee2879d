import type { CandleInput } from '../../index.ts';
import { failure } from '../cli-error.ts';
import { type ExactJson, parseExact } from '../exact-json.ts';
import { type ParsedRow, ROWS_PER_BATCH, RowBatch, type SeriesOfFile } from './parsed-row.ts';
import { requireDistance } from './row-distance.ts';

const FORM = 'an array of [timestamp, open, high, low, close, volume]';

/**
 * Reads candles as ccxt's `fetchOHLCV` returns them, saved as JSON. Numbers keep all their digits. The JSON array is
 * read as a whole, so the file must fit into memory.
 *
 * @throws CliError if the text is not a JSON array, or its rows cannot have the timeframe
 */
export async function* rowsOfCcxt(
  name: string,
  chunks: AsyncIterable<Buffer>,
  series: SeriesOfFile,
): AsyncGenerator<RowBatch, void, undefined> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) {
    parts.push(chunk);
  }
  const rows = parseArray(
    name,
    Buffer.concat(parts)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
  );
  const parsed = rows.map((row) => parseCcxtRow(row, series));
  const starts = parsed.flatMap((row) => ('candle' in row ? [Number(row.candle.startTime)] : []));
  requireDistance(name, starts, series.timeframe);
  for (let start = 0; start < parsed.length; start += ROWS_PER_BATCH) {
    const batch = new RowBatch();
    for (const [index, row] of parsed.slice(start, start + ROWS_PER_BATCH).entries()) {
      batch.add(start + index + 1, row);
    }
    yield batch;
  }
}

/** Parses one row; the library checks its values. */
export function parseCcxtRow(row: ExactJson, series: SeriesOfFile): ParsedRow {
  if (!Array.isArray(row) || row.length !== 6) {
    return { fault: `expected [timestamp, open, high, low, close, volume], received ${describe(row)}` };
  }
  const [time, ...values] = row;
  if (typeof time !== 'string' || !/^\d{1,17}(\.0+)?$/.test(time)) {
    return { fault: `timestamp: expected milliseconds since 1970, received ${describe(time)}` };
  }
  // the library refuses what is not a decimal, and names its field
  const [open, high, low, close, volume] = values as string[];
  return { candle: { ...series, startTime: Number(time), open, high, low, close, volume } as CandleInput };
}

function parseArray(name: string, text: string): ExactJson[] {
  let value: ExactJson;
  try {
    value = parseExact(text);
  } catch (error) {
    throw failure(`${name} is not JSON: expected ${FORM}; or give --format csv`, error);
  }
  if (!Array.isArray(value)) {
    throw failure(`${name} holds ${describe(value)}: expected ${FORM}`);
  }
  return value;
}

function describe(value: ExactJson | undefined): string {
  if (Array.isArray(value)) {
    return `an array of ${value.length}`;
  }
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value ?? null).slice(0, 60);
}
