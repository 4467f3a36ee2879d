import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { isHeader, parseBinanceRow } from './binance-row.ts';
import type { PlacedRow, SeriesOfFile } from './parsed-row.ts';

const LONGEST_ROW_BYTES = 1_000_000;

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Reads the rows of a CSV as they come: memory does not grow with the file. */
export async function* rowsOfCsv(
  chunks: AsyncIterable<Buffer>,
  series: SeriesOfFile,
): AsyncGenerator<PlacedRow, void, undefined> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: LONGEST_ROW_BYTES,
    // the format has no text that needs quotes; one stray quote must spoil its own row, not the file
    quote: false,
  });
  // errors of the source come out of the parser, which the loop below reads
  pipeline(chunks, parser, () => undefined);
  for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
    const fields = record.map(unquote);
    if (!isHeader(fields)) {
      yield { line: info.lines, ...parseBinanceRow(fields, series) };
    }
  }
}

function unquote(field: string): string {
  return /^".*"$/.test(field) ? field.slice(1, -1) : field;
}
