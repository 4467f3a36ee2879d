import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { resolveSettings } from '../../src/config/settings.ts';
import { DatabaseOperations } from '../../src/index.ts';
import { Database } from '../../src/operations/database.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle } from '../support/samples.ts';

const LEFT_OPEN = { kind: 'configuration', code: 'TRANSACTION_LEFT_OPEN', attempts: 1, retryable: false };
const ROW = "insert into notes values (1, 'lost')";

onEveryServer('a connection that comes back inside a transaction to a', (dialect) => {
  let database: FreshDatabase;
  let db: DatabaseOperations;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    db = new DatabaseOperations({ url: database.url, pool: { min: 0, max: 1 } });
    await db.migrations.up();
    await database.sql('create table notes (id int primary key, note varchar(10)) engine = InnoDB');
    await database.sql(`create procedure begins() begin start transaction; ${ROW}; end`);
    await database.sql(`create procedure keeps_back() begin set autocommit = 0; ${ROW}; end`);
  });
  beforeEach(async () => {
    await database.sql('delete from notes');
    await database.sql('delete from market_data');
  });
  afterAll(async () => {
    await db.close();
    await database.remove();
  });

  const notes = async (): Promise<number> => ((await database.sql('select * from notes')) as unknown[]).length;

  it.each(['begins', 'keeps_back'])('has the call of a procedure fail, which stored nothing: %s', async (procedure) => {
    await expect(failureOf(db.sql.callProcedure(procedure))).resolves.toMatchObject(LEFT_OPEN);
    expect(await notes()).toBe(0);
    // the next caller has another connection
    await expect(db.marketData.upsertCandle(candle(1))).resolves.toBe('inserted');
    await expect(database.sql('select count(*) as count from market_data')).resolves.toEqual([{ count: 1 }]);
  });

  it('has a transaction fail whose commit opens the next one', async () => {
    const chained = db.transaction(async (tx) => {
      await tx.sql.execute('set session completion_type = 1');
      await tx.marketData.upsertCandle(candle(1));
    });
    await expect(failureOf(chained)).resolves.toMatchObject(LEFT_OPEN);
    await expect(db.marketData.upsertCandle(candle(2))).resolves.toBe('inserted');
    await expect(
      database.sql('select count(*) as count from market_data where minute(start_time) = 2'),
    ).resolves.toEqual([{ count: 1 }]);
  });

  it('is closed, and what it has written undone, also where its user does not look', async () => {
    const one = await Database.open(resolveSettings('test', { url: database.url, pool: { min: 0, max: 1 } }));
    const pooled = await one.acquireConnection();
    const [{ id }] = (await pooled.execute('select connection_id() as id')).rows as [{ id: number }];
    await pooled.execute('set autocommit = 0');
    await pooled.execute(ROW);
    pooled.release();
    const { rows } = await one.session().execute('select connection_id() as id, @@autocommit as autocommit');
    expect(rows[0]).toMatchObject({ autocommit: 1 });
    expect(rows[0]?.['id']).not.toBe(id);
    expect(await notes()).toBe(0);
    // no write is reported as stored that is not
    await expect(
      one.session().withConnection(async (connection) => {
        const sink = { columns: () => undefined, row: () => true };
        await connection.query('', 'set autocommit = 0', [], sink);
        return connection.query('', ROW, [], sink);
      }),
    ).rejects.toMatchObject({ code: 'TRANSACTION_LEFT_OPEN' });
    expect(await notes()).toBe(0);
    await one.close(false);
  });

  it('is not opened by initStatements that begin one', async () => {
    await using begun = new DatabaseOperations({ url: database.url, initStatements: ['start transaction'] });
    await expect(failureOf(begun.connect())).resolves.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('initStatements'),
    });
  });
});
