import { unlessAborted } from '../async/waiting.ts';

export interface PageSource<Row> {
  /** Reads the rows that come after a row, or the first ones. Fewer rows than `limit` are the last ones. */
  read(after: Row | undefined, limit: number): Promise<Row[]>;
  /** Releases what the source holds. */
  close(): Promise<void>;
}

/** How rows are streamed. */
export interface PagesOptions {
  /** Rows per page, except the first page, which is small so that it comes soon. */
  readonly pageRows: number;
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAGE_ROWS = 200;

/**
 * Yields rows page by page. While the rows of a page are used, the next page is read, so at most two are in memory.
 * Leaving the loop, an error and an abort all close the source; only an abort does not wait for that.
 */
export async function* rowsOfPages<Row>(
  open: () => Promise<PageSource<Row>>,
  { pageRows, limit = Number.POSITIVE_INFINITY, signal }: PagesOptions,
): AsyncGenerator<Row, void, undefined> {
  signal?.throwIfAborted();
  const opening = open();
  let reading: Promise<Row[]> | undefined;
  try {
    const source = await unlessAborted(opening, signal);
    let left = limit;
    let size = Math.min(FIRST_PAGE_ROWS, pageRows, left);
    reading = source.read(undefined, size);
    while (reading !== undefined) {
      const page: Row[] = await unlessAborted(reading, signal);
      left -= page.length;
      const last = page.at(-1);
      const more = page.length === size && left > 0 && last !== undefined;
      size = Math.min(pageRows, left);
      reading = more ? source.read(last, size) : undefined;
      // an error surfaces when its page is due
      reading?.catch(() => undefined);
      for (const row of page) {
        signal?.throwIfAborted();
        yield row;
      }
    }
  } finally {
    // a page that is being read may hang: an abort does not wait for it
    await unlessAborted(closeAfter(opening, reading), signal).catch(() => undefined);
  }
}

/** Closes a source after its last statement has ended: only then can a connection be released. */
async function closeAfter<Row>(opening: Promise<PageSource<Row>>, reading?: Promise<Row[]>): Promise<void> {
  try {
    const source = await opening;
    await reading?.catch(() => undefined);
    await source.close();
  } catch {
    // a source that never opened holds nothing, and its error surfaces where it is awaited
  }
}
