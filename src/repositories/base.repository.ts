import { inTurns, type Turn } from '../async/turns.ts';
import type { Executor, OpenWriter, RunOptions, WriterContext, WriterHost } from '../executor/executor.ts';
import type { ReadSession, Session } from '../executor/session.ts';
import type { Check } from '../schemas/parse.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
import { type PageSource, type PagesOptions, rowsOfPages } from '../streams/row-pages.ts';
import type { BotVersions } from './bot-versions.ts';
import { type CheckedBatch, checkBatch } from './write/check-batch.ts';

// small enough that the rows of a page die young, which keeps the heap small
const ROWS_PER_PAGE = 2_000;

/** How a repository's rows are streamed. */
interface StreamSettings extends Partial<PagesOptions> {
  readonly mode?: 'pages' | 'snapshot' | undefined;
}

/** What repositories work with: those of an instance, or those of one transaction. @internal */
export interface RepositoryContext {
  readonly executor: Executor;
  readonly writers: WriterHost;
  readonly defaultExchange: DefaultExchange;
  /** In a transaction, the version of each bot that it has read. */
  readonly versions?: BotVersions;
}

/** What every repository has: a name for its operations, and an executor that runs them. */
export abstract class BaseRepository {
  readonly #name: string;
  readonly #executor: Executor;
  readonly #writers: WriterHost;
  readonly #defaultExchange: DefaultExchange;

  /** @internal */
  constructor(name: string, { executor, writers, defaultExchange }: RepositoryContext) {
    this.#name = name;
    this.#executor = executor;
    this.#writers = writers;
    this.#defaultExchange = defaultExchange;
  }

  /** @internal */
  protected get defaultExchange(): DefaultExchange {
    return this.#defaultExchange;
  }

  /** The public name of an operation, as errors and logs give it. @internal */
  protected operation(method: string): string {
    return `${this.#name}.${method}`;
  }

  /** @internal */
  protected run<T>(method: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#executor.run(this.operation(method), options, work);
  }

  /** @internal */
  protected whole<T>(method: string, work: () => Promise<T>): Promise<T> {
    return this.#executor.track(this.operation(method), work);
  }

  /** @internal */
  protected open<W extends OpenWriter>(method: string, make: (operation: string, context: WriterContext) => W): W {
    const operation = this.operation(method);
    return this.#writers.open(operation, (context) => make(operation, context));
  }

  /** Tells the log of a write. @internal */
  protected wrote(method: string, say: () => string): void {
    this.#executor.debug(this.operation(method), say);
  }

  /** @internal */
  protected get turn(): Turn | undefined {
    return this.#executor.turn;
  }

  /** Checks a batch: at once where it is small. @internal */
  protected checkBatch<T>(
    operation: string,
    check: Check<T>,
    batch: unknown,
    atomic = false,
  ): CheckedBatch<T> | Promise<CheckedBatch<T>> {
    return inTurns(checkBatch(operation, check, batch, atomic), this.turn);
  }

  /** Streams the rows that a function reads page by page. @internal */
  protected stream<Row>(
    method: string,
    { mode = 'pages', pageRows = ROWS_PER_PAGE, ...options }: StreamSettings,
    readPage: (session: ReadSession, after: Row | undefined, limit: number) => Promise<Row[]>,
  ): AsyncGenerator<Row, void, undefined> {
    const pages = async (): Promise<PageSource<Row>> => ({
      read: (after, limit) =>
        this.#executor.run(this.operation(method), { idempotent: true, signal: options.signal }, (session) =>
          readPage(session, after, limit),
        ),
      close: async () => undefined,
    });
    const snapshot = async (): Promise<PageSource<Row>> => {
      const held = await this.#executor.snapshot(this.operation(method));
      return { read: (after, limit) => held.run((session) => readPage(session, after, limit)), close: held.release };
    };
    return rowsOfPages(mode === 'snapshot' ? snapshot : pages, { ...options, pageRows });
  }

  /** @internal */
  protected read<T>(method: string, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#executor.run(this.operation(method), { idempotent: true }, work);
  }
}
