import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import type { DatabaseOperationError, Logger } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot } from '../support/samples.ts';

const SECRET = 'hunter2-SECRET';

onEveryDatabase('an error', (bench) => {
  const lines: string[] = [];
  const note = (...said: unknown[]): void => void lines.push(inspect(said, { depth: 9 }));
  const logger: Logger = { debug: note, info: note, warn: note, error: note };

  /** All ways in which an error is commonly shown. */
  const shown = (error: DatabaseOperationError): string =>
    [
      error.message,
      error.stack,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      ...lines,
    ].join();

  it('says which unique value was taken, not what it is', async () => {
    const db = bench.instance({ logger });
    await db.bots.add(bot({ name: SECRET }));
    const error = await failureOf(db.bots.add(bot({ name: SECRET })));
    expect(error).toMatchObject({ kind: 'duplicate' });
    expect(error.message).toMatch(/bots/);
    expect(shown(error)).not.toContain(SECRET);
  });

  it.each([
    ['a value of another type', "insert into market_data (symbol, volume) values ('x', ?)"],
    ['a text that is too long', 'insert into bots (timeframe, name) values (?, ?)'],
    ['a text that is no JSON', 'insert into raw_trades (symbol, payload) values (?, ?)'],
    ['a broken statement', `selec ?`],
    ['a broken statement around a value', 'select * from (bots where name = ? or'],
  ])('shows nothing of %s', async (_what, text) => {
    const db = bench.instance({ logger });
    const long = `${SECRET}' for key 'x${'y'.repeat(70)}`;
    const marks = text.split('?').length - 1;
    const error = await failureOf(
      db.sql.execute(
        text,
        Array.from({ length: marks }, () => long),
      ),
    );
    expect(error.kind).not.toBe('connection');
    expect(shown(error)).not.toMatch(/hunter2|SECRET|yyyyy/);
  });

  it('is written to JSON with its message', async () => {
    const db = bench.instance();
    const error = await failureOf(db.bots.update(1, { status: 'no such' as never }));
    const told = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
    expect(told).toMatchObject({
      name: 'InvalidInputError',
      message: error.message,
      kind: 'invalid-input',
      operation: 'bots.update',
      issues: [{ path: 'status' }],
    });
    expect(Object.keys(told)).not.toContain('cause');
  });

  it('stays short whatever the length of a name that came', async () => {
    const db = bench.instance();
    const name = 'x'.repeat(1_000_000);
    const error = await failureOf(db.bots.add({ ...bot(), [name]: name } as never));
    expect(error.message.length).toBeLessThan(2_000);
    expect(JSON.stringify(error).length).toBeLessThan(4_000);
    const { rejected } = await db.marketData.upsertCandles([{ [name]: 1 } as never]);
    expect(JSON.stringify(rejected[0]?.issues).length).toBeLessThan(4_000);
  });
});
