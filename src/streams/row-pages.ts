import { unlessAborted } from '../async/waiting.ts';

/** Where pages of rows come from. */
export interface PageSource<Row> {
  /** Reads the rows that come after one, or the first ones; fewer than `limit` are the last ones. */
  read(after: Row | undefined, limit: number): Promise<Row[]>;
  /** Gives back what the source holds. */
  close(): Promise<void>;
}

/** How rows are streamed. */
export interface PagesOptions {
  /** Rows a page has, except the first, which is small so that it comes soon. */
  readonly pageRows: number;
  /** Rows at most. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAGE_ROWS = 200;

/**
 * Yields rows page by page. While the rows of a page are used the next page is read, so at most two are
 * held. Leaving the loop, an error and an abort all close the source; only an abort does not wait for it.
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
      // what goes wrong meanwhile is told when its page is due
      reading?.catch(() => undefined);
      for (const row of page) {
        signal?.throwIfAborted();
        yield row;
      }
    }
  } finally {
    // what is under way may hang: whoever aborts does not wait for it
    await unlessAborted(closeAfter(opening, reading), signal).catch(() => undefined);
  }
}

/** Closes a source after its last statement has ended: only then can a connection be given back. */
async function closeAfter<Row>(opening: Promise<PageSource<Row>>, reading?: Promise<Row[]>): Promise<void> {
  try {
    const source = await opening;
    await reading?.catch(() => undefined);
    await source.close();
  } catch {
    // what never opened has nothing to give back, and its error is told where it is waited for
  }
}
