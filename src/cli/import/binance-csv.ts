import { isHeader, parseBinanceRow } from './binance-row.ts';
import { ROWS_PER_BATCH, RowBatch, type SeriesOfFile } from './parsed-row.ts';

const LONGEST_ROW = 1_000_000;
const TO_BE_CLEANED = /[\s"]/;

/**
 * Reads the rows of a CSV as they come: memory does not grow with the file. The format has no text that
 * needs quotes, so a comma always separates, and one stray quote spoils its own row and not the file. That
 * is why no CSV parser is used: what would be left of it is a tenth of its speed.
 */
export async function* rowsOfCsv(
  chunks: AsyncIterable<Buffer>,
  series: SeriesOfFile,
): AsyncGenerator<RowBatch, void, undefined> {
  let batch = new RowBatch();
  for await (const { line, text } of lines(chunks)) {
    for (const [index, row] of text.entries()) {
      addRow(batch, line + index, row, series);
    }
    if (batch.rows >= ROWS_PER_BATCH) {
      yield batch;
      batch = new RowBatch();
    }
  }
  yield batch;
}

function addRow(batch: RowBatch, line: number, row: string, series: SeriesOfFile): void {
  const fields = fieldsOf(row);
  if (row.length > LONGEST_ROW) {
    batch.add(line, { fault: `a row of at most ${LONGEST_ROW} characters was expected` });
  } else if (!(fields.length === 1 && fields[0] === '') && !isHeader(fields)) {
    batch.add(line, parseBinanceRow(fields, series));
  }
}

function fieldsOf(row: string): string[] {
  const fields = row.split(',');
  return TO_BE_CLEANED.test(row) ? fields.map((field) => unquote(field.trim())) : fields;
}

function unquote(field: string): string {
  return /^".*"$/.test(field) ? field.slice(1, -1) : field;
}

/** Cuts chunks into lines, those of each chunk together, with the number of the first. */
async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<{ line: number; text: string[] }> {
  // takes away the mark of byte order with which some programs begin a file
  const decoder = new TextDecoder();
  let line = 1;
  let rest = '';
  for await (const chunk of chunks) {
    const text = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = text.pop() as string;
    // of a line without an end only so much is kept as shows that it is too long
    if (rest.length > LONGEST_ROW) {
      rest = rest.slice(0, LONGEST_ROW + 1);
    }
    yield { line, text };
    line += text.length;
  }
  yield { line, text: [rest + decoder.decode()] };
}
