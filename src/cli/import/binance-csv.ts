import { BinanceBytes } from './binance-bytes.ts';
import { isHeader, parseBinanceRow } from './binance-row.ts';
import { type ParsedRow, ROWS_PER_BATCH, RowBatch, type SeriesOfFile } from './parsed-row.ts';

const LONGEST_ROW_BYTES = 1_000_000;
const NEWLINE = 10;

/**
 * Reads the rows of a CSV file as a stream: memory does not grow with the file. The format has no text that needs quotes,
 * so a comma always separates, and a stray quote breaks its own row, not the rest of the file. This is why no CSV parser
 * is used, with which an import would reach a tenth of its speed.
 */
export async function* rowsOfCsv(
  chunks: AsyncIterable<Buffer>,
  series: SeriesOfFile,
): AsyncGenerator<RowBatch, void, undefined> {
  const plain = new BinanceBytes(series);
  let batch = new RowBatch();
  let line = 1;
  /** The beginning of a line whose end has not been read yet. */
  let rest: Buffer = Buffer.alloc(0);
  const add = (chunk: Buffer): void => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const candle = plain.read(bytes, start);
      const row = candle === undefined ? otherRow(bytes.subarray(start, end), series) : { candle };
      if (row !== undefined) {
        batch.add(line, row);
      }
      line += 1;
      start = end + 1;
    }
    // of a line that is too long, only enough is kept to notice that
    rest = bytes.subarray(start, start + LONGEST_ROW_BYTES + 1);
  };
  for await (const chunk of chunks) {
    add(chunk);
    if (batch.rows >= ROWS_PER_BATCH) {
      yield batch;
      batch = new RowBatch();
    }
  }
  // the last line may lack its end
  add(Buffer.of(NEWLINE));
  yield batch;
}

/** Parses a row that is not a plain one; `undefined` for the head and empty lines. */
function otherRow(bytes: Buffer, series: SeriesOfFile): ParsedRow | undefined {
  if (bytes.length > LONGEST_ROW_BYTES) {
    return { fault: `expected a row of at most ${LONGEST_ROW_BYTES} bytes` };
  }
  // some programs write a byte order mark first
  const row = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const fields = row.split(',').map((field) => unquote(field.trim()));
  const empty = fields.length === 1 && fields[0] === '';
  return empty || isHeader(fields) ? undefined : parseBinanceRow(fields, series);
}

function unquote(field: string): string {
  return /^".*"$/.test(field) ? field.slice(1, -1) : field;
}
