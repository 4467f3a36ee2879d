import { BinanceBytes } from './binance-bytes.ts';
import { isHeader, parseBinanceRow } from './binance-row.ts';
import { ROWS_PER_BATCH, RowBatch, type SeriesOfFile } from './parsed-row.ts';

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
  const rows = new CsvRows(series);
  for await (const chunk of chunks) {
    rows.add(chunk);
    if (rows.batch.rows >= ROWS_PER_BATCH) {
      yield rows.takeBatch();
    }
  }
  // the last line may lack its end
  rows.add(Buffer.of(NEWLINE));
  yield rows.takeBatch();
}

/** Collects the rows of a CSV file in batches. */
class CsvRows {
  readonly #series: SeriesOfFile;
  readonly #plain: BinanceBytes;
  batch = new RowBatch();
  /** The number of the next line. */
  #line = 1;
  /** The beginning of a line whose end has not been read yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(series: SeriesOfFile) {
    this.#series = series;
    this.#plain = new BinanceBytes(series);
  }

  takeBatch(): RowBatch {
    const { batch } = this;
    this.batch = new RowBatch();
    return batch;
  }

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const candle = this.#plain.read(bytes, start);
      if (candle !== undefined) {
        this.batch.add(this.#line, { candle });
      } else {
        this.#addOther(bytes.subarray(start, end));
      }
      this.#line += 1;
      start = end + 1;
    }
    // of a line that is too long, only enough is kept to notice that
    this.#rest = bytes.subarray(start, start + LONGEST_ROW_BYTES + 1);
  }

  #addOther(bytes: Buffer): void {
    if (bytes.length > LONGEST_ROW_BYTES) {
      this.batch.add(this.#line, { fault: `expected a row of at most ${LONGEST_ROW_BYTES} bytes` });
      return;
    }
    // some programs write a byte order mark first
    const row = bytes.toString('utf8').replace(/^\uFEFF/, '');
    const fields = row.split(',').map((field) => unquote(field.trim()));
    const empty = fields.length === 1 && fields[0] === '';
    if (!empty && !isHeader(fields)) {
      this.batch.add(this.#line, parseBinanceRow(fields, this.#series));
    }
  }
}

function unquote(field: string): string {
  return /^".*"$/.test(field) ? field.slice(1, -1) : field;
}
