import type { StoredBatch, WriterTarget } from '../../src/streams/writer-target.ts';

/** A row of {@link FakeTarget}: a text of one letter or more. */
export type Letters = string;

/** A batch that a writer has begun to store. */
interface Begun {
  readonly rows: readonly Letters[];
  readonly done: PromiseWithResolvers<StoredBatch<Letters>>;
  readonly onRetry: () => void;
}

/** A store whose batches end when a test says so. Empty texts are faulty; a row has as many bytes as letters. */
export class FakeTarget implements WriterTarget<Letters> {
  readonly operation = 'test.writer';
  readonly batchKind = { kind: 'candle', forceUpdate: true } as const;
  /** Every batch, in the order they were begun. */
  readonly begun: Begun[] = [];

  check(input: unknown): ReturnType<WriterTarget<Letters>['check']> {
    return typeof input === 'string' && input !== ''
      ? { ok: true, value: input }
      : { ok: false, issues: [{ path: '', expected: 'letters', received: String(input) }] };
  }

  bytesOf(row: Letters): number {
    return row.length;
  }

  store(rows: readonly Letters[], onRetry: () => void): Promise<StoredBatch<Letters>> {
    const done = Promise.withResolvers<StoredBatch<Letters>>();
    this.begun.push({ rows, done, onRetry });
    return done.promise;
  }

  track(work: () => Promise<void>): Promise<void> {
    return work();
  }

  /** Lets the batch that was begun last succeed: all rows inserted, but for those that it refuses. */
  async succeed(refused: readonly Letters[] = []): Promise<void> {
    const { rows, done } = this.#last();
    const issues = [{ path: '', expected: 'less', received: 'more' }];
    const rejected = refused.map((row) => ({ row, issues }));
    done.resolve({ inserted: rows.length - rejected.length, updated: 0, unchanged: 0, rejected });
    await settled();
  }

  async fail(error: Error): Promise<void> {
    this.#last().done.reject(error);
    await settled();
  }

  #last(): Begun {
    const last = this.begun.at(-1);
    if (last === undefined) {
      throw new Error('no batch was begun');
    }
    return last;
  }
}

/** Resolves after the immediate consequences. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
