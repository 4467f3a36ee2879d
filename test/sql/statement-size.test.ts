import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const MOST_BYTES = 1024 * 1024;

onEveryServer('a statement of the size that is too much for a', (dialect) => {
  let server: OwnServer;
  let db: DatabaseOperations;

  beforeAll(async () => {
    server = await startServer(dialect, { flags: [`--max-allowed-packet=${MOST_BYTES}`] });
    const { url } = await freshOn(server.url, dialect);
    db = new DatabaseOperations({ url, pool: { max: 1 } });
    await db.migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await db.close();
    await server.stop();
  });

  const connection = (): Promise<unknown> => db.sql.scalar('select connection_id()');
  const length = (bytes: number, letter = 'x'): Promise<unknown> => {
    const [before, after] = ["select length('", "') as length"];
    const letters = (bytes - before.length - after.length) / Buffer.byteLength(letter);
    return db.sql.scalar(before + letter.repeat(letters) + after);
  };

  it('is not sent, to the byte, and its connection stays', async () => {
    const id = await connection();
    await expect(length(MOST_BYTES - 4)).resolves.toBeGreaterThan(1_000_000);
    for (const bytes of [-3, -2, -1, 0, 1, 1_000, 5 * MOST_BYTES]) {
      const failure = await failureOf(length(MOST_BYTES + bytes));
      expect(failure).toMatchObject({ kind: 'configuration', errno: 1153, attempts: 1 });
      expect(failure.message).toContain(`a statement of ${MOST_BYTES + bytes} bytes is more than the server takes`);
    }
    await expect(connection()).resolves.toBe(id);
  });

  it('is counted in bytes, not in letters', async () => {
    await expect(length(MOST_BYTES / 2, 'é')).resolves.toBeGreaterThan(500_000);
    await expect(failureOf(length(MOST_BYTES + 1, 'é'))).resolves.toMatchObject({ errno: 1153 });
  });

  it('is refused where it stores a bot, and nothing of it is stored', async () => {
    const config = { notes: 'x'.repeat(MOST_BYTES) };
    await expect(failureOf(db.bots.add(bot({ config })))).resolves.toMatchObject({
      kind: 'configuration',
      errno: 1153,
      attempts: 1,
    });
    await expect(db.sql.scalar('select count(*) from bots')).resolves.toBe(0);
  });

  it('leaves its key to the next message of the batch that has it', async () => {
    const message = (rawData: string) => ({ symbol: 'KEY', dataType: 'trade', timestamp: 1, sourceId: 'a', rawData });
    const tooLarge = JSON.stringify('x'.repeat(MOST_BYTES));
    const batch = [message(tooLarge), message('"second"'), message('"third"'), message(tooLarge)];
    await expect(db.rawTrades.insertMany(batch)).resolves.toMatchObject({
      inserted: 1,
      unchanged: 2,
      rejected: [{ index: 0 }],
    });
    await expect(
      db.rawTrades.getRawTrades({ symbol: 'KEY', dataType: 'trade', startTime: 0, endTime: 9 }),
    ).resolves.toMatchObject([{ rawData: '"second"' }]);
  });
});
