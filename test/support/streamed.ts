import type { DatabaseOperations } from '../../src/index.ts';
import { until } from './until.ts';

const MORE_THAN_ANY_TEST_STORES = 50_000;

/** All rows of a stream; throws if it does not end. */
export async function allOf<Row>(stream: AsyncIterable<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of stream) {
    rows.push(row);
    if (rows.length > MORE_THAN_ANY_TEST_STORES) {
      throw new Error('the stream does not end');
    }
  }
  return rows;
}

/** The next row of a stream that has one. */
export async function nextOf<Row>(stream: AsyncIterator<Row, void>): Promise<Row> {
  const { done, value } = await stream.next();
  if (done === true) {
    throw new Error('the stream has ended');
  }
  return value;
}

/** How many connections of an instance's pool are in use, and how many callers wait for one. */
export function inUse(db: DatabaseOperations): number {
  const { size, free, pending } = db.pool;
  return size - free + pending;
}

/** Waits until nothing of an instance's pool is in use. */
export async function idle(db: DatabaseOperations): Promise<void> {
  await until(() => inUse(db) === 0);
}
