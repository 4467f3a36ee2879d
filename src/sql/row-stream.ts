import { unlessAborted } from '../async/waiting.ts';
import type { ResultColumn, RowFlow, RowSink } from '../databases/row-sink.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Executor } from '../executor/executor.ts';
import { describeValue } from '../schemas/describe-value.ts';
import type { SqlCall } from '../schemas/sql-call.schema.ts';
import { type RowMaker, rowMaker, send } from './send.ts';
import { buildStatement } from './statement.ts';

const ROWS_AHEAD = 1_000;
/** How long the rest of a result may take to be read and dropped. After that, its connection is closed. */
const LONGEST_DRAIN_MS = 100;

/** Rows that are read one by one, or in batches. */
export interface SqlStream<Row> extends AsyncGenerator<Row, void, undefined> {
  /**
   * Yields the rows in lists of `size`; the last one may be shorter.
   *
   * @example for await (const rows of db.sql.stream('select * from market_data').batches(500)) console.log(rows.length);
   * @throws InvalidInputError when `size` is not a whole number of at least 1
   */
  batches(size: number): AsyncGenerator<Row[], void, undefined>;
}

/**
 * Sends a statement and yields its rows as they arrive. It is retried only while no row was yielded. Its connection
 * is held until the loop ends or is left.
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
  const begun = new AbortController();
  let stream: RowStream | undefined;
  let left = false;
  const leave = (): void => {
    left = true;
    stream?.leave();
  };
  const opened = Promise.withResolvers<void>();
  const running = executor.run(
    operation,
    { idempotent: () => idempotent && stream?.begun !== true, signal: begun.signal, exclusive: { leave } },
    async (session) => {
      const statement = buildStatement(operation, call, session);
      stream ??= new RowStream((columns) => rowMaker(operation, columns, rowsAsArray, session).makeRow, {
        capacity: batchSize,
        inTransaction: session.inTransaction,
      });
      if (left) {
        stream.leave();
      }
      opened.resolve();
      try {
        return await send(session, statement, stream, { slow: true });
      } finally {
        if (stream.begun) {
          // rows that were yielded cannot be yielded again
          begun.abort();
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
    leave();
    // an abort does not wait for what is under way
    await (signal?.aborted === true ? undefined : ended);
  }
  await running;
}

/** Adds `batches()` to a stream of rows. @internal */
export function withBatches<Row>(rows: AsyncGenerator<Row, void, undefined>): SqlStream<Row> {
  return Object.assign(rows, {
    batches: (size: number) => {
      if (!Number.isSafeInteger(size) || size < 1) {
        const issue = { path: 'size', expected: 'a whole number of rows from 1', received: describeValue(size) };
        throw new InvalidInputError('sql.stream', [issue]);
      }
      return inBatches(rows, size);
    },
  });
}

async function* inBatches<Row>(rows: AsyncIterable<Row>, size: number): AsyncGenerator<Row[], void, undefined> {
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length >= size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}

/** Rows on their way from a connection to a loop: a few are held here, the others wait at the server. */
class RowStream implements RowSink {
  readonly #rowMakerOf: (columns: readonly ResultColumn[]) => RowMaker;
  readonly #capacity: number;
  readonly #drainMs: number | undefined;
  #makeRow: RowMaker = (values) => values;
  #rows: unknown[] = [];
  #flow: RowFlow | undefined;
  #waits = false;
  #begun = false;
  #left = false;
  #ended = false;
  #arrival = Promise.withResolvers<void>();

  /** @param inTransaction whether the connection must stay open: then the rest is read to its end, however long */
  constructor(
    rowMakerOf: (columns: readonly ResultColumn[]) => RowMaker,
    options: { readonly capacity: number; readonly inTransaction: boolean },
  ) {
    this.#rowMakerOf = rowMakerOf;
    this.#capacity = options.capacity;
    this.#drainMs = options.inTransaction ? undefined : LONGEST_DRAIN_MS;
  }

  /** Whether a row was yielded, so that sending the statement again would yield rows twice. */
  get begun(): boolean {
    return this.#begun;
  }

  flow(flow: RowFlow): void {
    this.#flow = flow;
    if (this.#left) {
      flow.cancel(this.#drainMs);
    }
  }

  columns(columns: readonly ResultColumn[]): void {
    // if this is a further attempt, nothing was yielded yet
    this.#rows = [];
    this.#makeRow = this.#rowMakerOf(columns);
  }

  row(values: Parameters<RowMaker>[0]): boolean {
    this.#rows.push(this.#makeRow(values));
    this.#arrival.resolve();
    this.#waits = this.#rows.length >= this.#capacity;
    return !this.#waits;
  }

  /** The statement has ended. */
  end(): void {
    this.#ended = true;
    this.#arrival.resolve();
  }

  /** The loop was left: further rows are dropped. */
  leave(): void {
    this.#left = true;
    this.#rows = [];
    this.#flow?.cancel(this.#drainMs);
    this.#arrival.resolve();
  }

  /** The rows as they arrive, until the statement has ended or the loop is left. */
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
        this.#resume();
        await unlessAborted(this.#arrival.promise, signal);
        if (this.#rows.length === 0) {
          this.#arrival = Promise.withResolvers();
        }
      }
    }
  }

  #resume(): void {
    if (this.#waits) {
      this.#waits = false;
      this.#flow?.resume();
    }
  }
}
