import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';

let db: DatabaseOperations;
beforeAll(() => {
  db = new DatabaseOperations({ url: 'sqlite::memory:' });
});
afterAll(() => db.close());

it.each(['$1', ':1', '@1', ':é', '$é', '@_', '?1', ':a', '$a::b', '#1'])(
  'refuses the mark %s, which would be null without a word',
  async (mark) => {
    await expect(failureOf(db.sql.scalar(`select ${mark}`))).resolves.toMatchObject({
      kind: 'invalid-input',
      attempts: 0,
      issues: expect.arrayContaining([expect.objectContaining({ expected: '? for each value' })]),
    });
  },
);

it('takes the same letters in quotes, in names and in comments', async () => {
  const row = await db.sql.first(
    'select \'$1\' as a, ":1" as `@1`, 2 as [:é], 3 as a$1 -- $1\n from (select 1 as ":1")',
  );
  expect(row).toEqual({ a: '$1', '@1': 1, ':é': 2, a$1: 3 });
});
