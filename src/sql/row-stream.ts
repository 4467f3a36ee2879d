import type { AnswerColumn, Flow, RowSink } from '../dialects/driver/answer.ts';
import type { MakeRow } from './rows.ts';

/** What is left of a result is read away where that is quick; otherwise its connection is closed. */
const PATIENCE_MS = 100;

/** Rows on their way from a connection to a loop: a few of them are held, the others wait at the server. */
export class RowStream implements RowSink {
  readonly #makerOf: (columns: readonly AnswerColumn[]) => MakeRow;
  readonly #capacity: number;
  readonly #patienceMs: number | undefined;
  #make: MakeRow = (values) => values;
  #rows: unknown[] = [];
  #flow: Flow | undefined;
  #waits = false;
  #begun = false;
  #left = false;
  #ended = false;
  #arrival = Promise.withResolvers<void>();

  /** @param inTransaction whether its connection has to live on: then all that is left is read away */
  constructor(
    makerOf: (columns: readonly AnswerColumn[]) => MakeRow,
    options: { readonly capacity: number; readonly inTransaction: boolean },
  ) {
    this.#makerOf = makerOf;
    this.#capacity = options.capacity;
    this.#patienceMs = options.inTransaction ? undefined : PATIENCE_MS;
  }

  /** Whether a row was handed out, so that the statement cannot be sent again without giving rows twice. */
  get begun(): boolean {
    return this.#begun;
  }

  flow(flow: Flow): void {
    this.#flow = flow;
    if (this.#left) {
      flow.leave(this.#patienceMs);
    }
  }

  columns(columns: readonly AnswerColumn[]): void {
    // of an attempt that is made again nothing was handed out yet
    this.#rows = [];
    this.#make = this.#makerOf(columns);
  }

  row(values: Parameters<MakeRow>[0]): boolean {
    this.#rows.push(this.#make(values));
    this.#arrival.resolve();
    this.#waits = this.#rows.length >= this.#capacity;
    return !this.#waits;
  }

  /** Nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#arrival.resolve();
  }

  /** Nobody takes rows any more. */
  leave(): void {
    this.#left = true;
    this.#rows = [];
    this.#flow?.leave(this.#patienceMs);
    this.#arrival.resolve();
  }

  /** The rows, as they come; ends when nothing more comes. */
  async *taken(signal: AbortSignal | undefined): AsyncGenerator<unknown, void, undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const rows = this.#rows;
      if (rows.length > 0) {
        this.#begun = true;
        this.#rows = [];
        this.#arrival = Promise.withResolvers();
        for (const row of rows) {
          signal?.throwIfAborted();
          yield row;
        }
      } else if (this.#ended || this.#left) {
        return;
      } else {
        this.#goOn();
        await arrivalOrAbort(this.#arrival.promise, signal);
        if (this.#rows.length === 0) {
          this.#arrival = Promise.withResolvers();
        }
      }
    }
  }

  #goOn(): void {
    if (this.#waits) {
      this.#waits = false;
      this.#flow?.resume();
    }
  }
}

async function arrivalOrAbort(arrival: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    return arrival;
  }
  const aborted = Promise.withResolvers<void>();
  const abort = (): void => aborted.resolve();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([arrival, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
