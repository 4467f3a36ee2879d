import type { Executor } from '../../executor/executor.ts';
import type { ReadSession } from '../../executor/session.ts';
import { type PageSource, type PagesOptions, rowsOfPages } from '../../streams/row-pages.ts';

// small enough that the rows of a page die young, which keeps the heap small
const ROWS_PER_PAGE = 2_000;

/** How a repository's rows are streamed. */
export interface StreamSettings extends Partial<PagesOptions> {
  readonly mode?: 'pages' | 'snapshot' | undefined;
}

/** Streams the rows that a function reads page by page: each page in a run of its own, or all from one snapshot. */
export function streamRows<Row>(
  executor: Executor,
  operation: string,
  { mode = 'pages', pageRows = ROWS_PER_PAGE, limit, signal }: StreamSettings,
  readPage: (session: ReadSession, after: Row | undefined, limit: number) => Promise<Row[]>,
): AsyncGenerator<Row, void, undefined> {
  const pages = async (): Promise<PageSource<Row>> => ({
    read: (after, limit) =>
      executor.run(operation, { idempotent: true, signal }, (session) => readPage(session, after, limit)),
    close: async () => undefined,
  });
  const snapshot = async (): Promise<PageSource<Row>> => {
    const held = await executor.snapshot(operation);
    return { read: (after, limit) => held.run((session) => readPage(session, after, limit)), close: held.release };
  };
  return rowsOfPages(mode === 'snapshot' ? snapshot : pages, { pageRows, limit, signal });
}
