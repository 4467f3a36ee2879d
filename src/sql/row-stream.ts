import { unlessAborted } from '../async/waiting.ts';
import type { ResultColumn, RowFlow, RowSink } from '../databases/row-sink.ts';
import type { Executor } from '../executor/executor.ts';
import type { SqlCall } from '../schemas/sql-call.schema.ts';
import { type MakeRow, rowMaker } from './rows.ts';
import { send } from './send.ts';
import { statementOf } from './statement.ts';

const ROWS_AHEAD = 1_000;
/** What is left of a result is read away where that is quick; otherwise its connection is closed. */
const PATIENCE_MS = 100;

/**
 * Sends a statement and hands its rows out as they come. It is repeated only while no row was handed out, and
 * its connection is held until whoever reads has come to the end, or leaves.
 *
 * @internal
 */
export async function* streamRows(
  executor: Executor,
  operation: string,
  call: SqlCall,
): AsyncGenerator<unknown, void, undefined> {
  const { signal, batchSize = ROWS_AHEAD, idempotent = false, rowsAsArray = false } = call.options;
  signal?.throwIfAborted();
  const handedOut = new AbortController();
  let stream: RowStream | undefined;
  let left = false;
  const opened = Promise.withResolvers<void>();
  const running = executor.run(
    operation,
    {
      idempotent: () => idempotent && stream?.begun !== true,
      signal: handedOut.signal,
      exclusive: {
        leave: () => {
          left = true;
          stream?.leave();
        },
      },
    },
    async (session) => {
      const statement = statementOf(operation, call, session);
      stream ??= new RowStream((columns) => rowMaker(columns, rowsAsArray, session), {
        capacity: batchSize,
        inTransaction: session.inTransaction,
      });
      if (left) {
        stream.leave();
      }
      opened.resolve();
      try {
        return await send(operation, session, statement, stream, { slow: true });
      } finally {
        if (stream.begun) {
          // what was handed out cannot be handed out again
          handedOut.abort();
        }
      }
    },
  );
  const ended = running.then(
    () => stream?.end(),
    (error: unknown) => {
      stream?.end();
      opened.reject(error);
    },
  );
  await opened.promise;
  try {
    yield* (stream as unknown as RowStream).taken(signal);
  } finally {
    stream?.leave();
    // whoever leaves the loop by an abort does not wait for what is under way
    await (signal?.aborted === true ? undefined : ended);
  }
  await running;
}

/** Rows on their way from a connection to a loop: a few of them are held, the others wait at the server. */
class RowStream implements RowSink {
  readonly #makerOf: (columns: readonly ResultColumn[]) => MakeRow;
  readonly #capacity: number;
  readonly #patienceMs: number | undefined;
  #make: MakeRow = (values) => values;
  #rows: unknown[] = [];
  #flow: RowFlow | undefined;
  #waits = false;
  #begun = false;
  #left = false;
  #ended = false;
  #arrival = Promise.withResolvers<void>();

  /** @param inTransaction whether its connection has to live on: then all that is left is read away */
  constructor(
    makerOf: (columns: readonly ResultColumn[]) => MakeRow,
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

  flow(flow: RowFlow): void {
    this.#flow = flow;
    if (this.#left) {
      flow.cancel(this.#patienceMs);
    }
  }

  columns(columns: readonly ResultColumn[]): void {
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
    this.#flow?.cancel(this.#patienceMs);
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
        await unlessAborted(this.#arrival.promise, signal);
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
