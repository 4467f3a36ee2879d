import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, bot, candle, SERIES } from '../support/samples.ts';

onEveryServer('a date that does not exist, kept by a', (dialect) => {
  let database: FreshDatabase;
  let db: DatabaseOperations;
  let lax: Connection;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    db = new DatabaseOperations({ url: database.url });
    await db.migrations.up();
    await db.marketData.upsertCandle(candle());
    lax = await createConnection(database.url);
    await lax.query("set sql_mode = 'ALLOW_INVALID_DATES'");
    await lax.query('create table days (at datetime(3) not null)');
    await lax.query("insert into days values ('2024-02-30 01:02:03.004'), ('2024-02-29 00:00:00')");
  });

  afterAll(async () => {
    await lax.end();
    await db.close();
    await database.remove();
  });

  it('is text to db.sql, and no day of March', async () => {
    const rows = await db.sql.query('select at from days order by at desc');
    expect(rows).toEqual([{ at: '2024-02-30 01:02:03.004' }, { at: new Date('2024-02-29T00:00:00Z') }]);
  });

  it('is an error where a candle has it', async () => {
    await lax.query("update market_data set end_time = '2024-02-30 00:00:00'");
    const failure = await failureOf(db.marketData.getCandles({ ...SERIES, ...ALWAYS }));
    expect(failure.message).toContain('a date that does not exist');
  });

  it.each(['2023-02-29 00:00:00', '2024-02-30 01:02:03.004', '0000-00-00 00:00:00'])(
    'is an error where a bot has it: %s',
    async (date) => {
      const { id } = await db.bots.add(bot({ name: date }));
      for (const column of ['updated_at', 'last_heartbeat']) {
        await lax.query(`update bots set ${column} = ? where id = ?`, [date, id]);
        for (const reading of [() => db.bots.getById(id), () => db.bots.list(), () => db.bots.modify(id, () => null)]) {
          const failure = await failureOf(reading());
          expect(failure.message).toContain('a date that does not exist');
        }
        await lax.query(`update bots set ${column} = now() where id = ?`, [id]);
      }
      await expect(db.bots.getById(id)).resolves.toMatchObject({ updatedAt: expect.any(Date) });
    },
  );
});
