import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { describeValue } from '../schemas/describe-value.ts';

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
