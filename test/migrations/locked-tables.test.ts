import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 1_000;
const LATEST = 'migration-20261121200000-price-type';
const NAMES = ['migration-20261120120000-initial', LATEST];

onEveryServer('a migration that is locked out, on a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let db: DatabaseOperations;
  let holder: Connection;

  beforeAll(async () => {
    server = await startServer(dialect);
  }, startServerTimeoutMs);

  beforeEach(async () => {
    database = await freshOn(server.url, dialect);
    db = new DatabaseOperations({ url: database.url, migrationLockTimeoutMs: LIMIT_MS });
    holder = await createConnection(database.url.replace(/^mariadb:/, 'mysql:'));
  });

  afterEach(async () => {
    holder.destroy();
    await db.close({ force: true });
    await database.remove();
  });

  afterAll(() => server.stop());

  /** Runs a migration that is locked out, and checks that it ends in time and says what to do. */
  const isLockedOut = async (migrate: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    const error = await failureOf(migrate());
    expect(error).toMatchObject({ kind: 'lock-timeout', code: 'MIGRATION_LOCK_TIMEOUT', retryable: false });
    expect(error.message).toMatch(/has held a lock .* for 1 s.* end it.*DB_MIGRATION_LOCK_TIMEOUT_MS/s);
    // one wait, not one for each attempt that the budgets allow
    expect(performance.now() - start).toBeLessThan(20 * LIMIT_MS);
  };

  /** Lets go of whatever the holder holds. */
  const letGo = async (): Promise<void> => {
    const { threadId } = holder;
    holder.destroy();
    await until(async () => {
      const rows = await database.sql(`select 1 from information_schema.processlist where id = ${threadId}`);
      return (rows as unknown[]).length === 0;
    });
  };

  const isWhole = async (): Promise<void> => {
    await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
    await expect(db.migrations.executed()).resolves.toHaveLength(NAMES.length);
    await expect(db.marketData.upsertCandle(candle())).resolves.toBe('inserted');
  };

  const BACKUPS: readonly (readonly [string, readonly string[]])[] = [
    ['FLUSH TABLES WITH READ LOCK', ['flush tables with read lock']],
    dialect === 'mysql'
      ? ['LOCK INSTANCE FOR BACKUP', ['lock instance for backup']]
      : ['BACKUP STAGE BLOCK_DDL', ['backup stage start', 'backup stage flush', 'backup stage block_ddl']],
  ];

  it.each(BACKUPS)('by %s ends in time, and the next one migrates', async (_what, statements) => {
    for (const statement of statements) {
      await holder.query(statement);
    }
    await isLockedOut(() => db.migrations.up());
    await letGo();
    await expect(db.migrations.up()).resolves.toEqual(NAMES);
    await isWhole();
  });

  it('from its second table goes on from there the next time', async () => {
    // the name of the table is locked while another connection makes it
    const making = holder.query('create table market_data engine = InnoDB select sleep(60)').catch(() => undefined);
    await until(async () => {
      const rows = await database.sql("select 1 from information_schema.processlist where state = 'User sleep'");
      return (rows as unknown[]).length === 1;
    });
    await isLockedOut(() => db.migrations.up());
    await expect(database.sql("show tables like 'bots'")).resolves.toHaveLength(1);
    await expect(db.migrations.pending()).resolves.toEqual(NAMES);
    await database.sql(`kill ${holder.threadId}`);
    await making;
    await letGo();
    // an interrupted sleep is a result too, and no table of ours
    await database.sql('drop table if exists market_data');
    await expect(db.migrations.up()).resolves.toEqual(NAMES);
    await isWhole();
  });

  it('from the list of migrations goes on from there the next time', async () => {
    await db.migrations.up();
    await database.sql('delete from mikro_orm_migrations');
    // others may read the list, but not write to it
    await holder.query('lock tables mikro_orm_migrations read');
    await isLockedOut(() => db.migrations.up());
    await expect(db.migrations.pending()).resolves.toEqual(NAMES);
    await letGo();
    await expect(db.migrations.up()).resolves.toEqual(NAMES);
    await isWhole();
  });

  it('while it undoes one goes on from there the next time', async () => {
    await db.migrations.up();
    await holder.query('begin');
    await holder.query('select * from market_data');
    await isLockedOut(() => db.migrations.down());
    // nobody waits behind it, as all readers would while it waits
    await expect(database.sql('select * from market_data')).resolves.toEqual([]);
    await expect(db.migrations.executed()).resolves.toHaveLength(NAMES.length);
    await letGo();
    await expect(db.migrations.down()).resolves.toEqual([LATEST]);
    await expect(db.migrations.up()).resolves.toEqual([LATEST]);
    await isWhole();
  });
});
