import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { freshDatabase } from '../support/fresh-database.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { testDatabases } from '../support/servers/index.ts';

const ALL = ['migration-20261120120000-initial', 'migration-20261121200000-price-type'];

describe.each(testDatabases())('migrating %s', (dialect) => {
  it('migrates once when several processes do so at the same moment', async () => {
    const database = await freshDatabase(dialect);
    const script = `
      const { DatabaseOperations } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      await using db = new DatabaseOperations({ url: process.argv[1], autoMigrate: false });
      console.log(JSON.stringify(await db.migrations.up()));`;
    const runs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, database.url], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let printed = '';
        child.stdout.on('data', (data) => {
          printed += String(data);
        });
        const [code] = await once(child, 'close');
        return { code, names: JSON.parse(printed) as string[] };
      }),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(runs.flatMap(({ names }) => names)).toEqual(ALL);
    await database.remove();
  });

  it('migrates once when several instances do so at the same moment', async () => {
    const database = await freshDatabase(dialect);
    const instances = Array.from({ length: 4 }, () => new DatabaseOperations({ url: database.url, autoMigrate: true }));
    await Promise.all(instances.map((db) => db.connect()));

    await expect(instances[0]?.migrations.executed()).resolves.toHaveLength(ALL.length);
    await Promise.all(instances.map((db) => db.close()));
    await database.remove();
  });

  it('says that a migration is pending where the tables are all there', async () => {
    const database = await freshDatabase(dialect);
    const db = new DatabaseOperations({ url: database.url, autoMigrate: false });
    await db.migrations.up();
    await db.sql.execute('delete from mikro_orm_migrations');
    await expect(db.migrations.check()).resolves.toEqual({ ok: false, pending: ALL, differences: [] });
    await db.close();
    await database.remove();
  });

  it('finds no difference after up, goes back by down, and up again', async () => {
    const database = await freshDatabase(dialect);
    const db = new DatabaseOperations({ url: database.url, autoMigrate: false });

    await expect(db.migrations.check()).resolves.toMatchObject({ ok: false, pending: ALL });
    await expect(db.migrations.up()).resolves.toEqual(ALL);
    await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
    await expect(db.migrations.up()).resolves.toEqual([]);
    for (const name of ALL.toReversed()) {
      await expect(db.migrations.down()).resolves.toEqual([name]);
    }
    await expect(db.migrations.pending()).resolves.toEqual(ALL);
    await expect(db.migrations.down()).resolves.toEqual([]);
    await expect(db.migrations.up()).resolves.toEqual(ALL);
    await db.marketData.upsertCandle(candle());
    await expect(db.marketData.getCandles({ ...SERIES, ...ALWAYS })).resolves.toHaveLength(1);
    await db.close();
    await database.remove();
  });

  it('writes nothing when it is merely asked what is pending', async () => {
    const database = await freshDatabase(dialect);
    const db = new DatabaseOperations({ url: database.url, autoMigrate: false });
    await db.migrations.pending();
    await db.migrations.executed();
    await db.health();
    await db.migrations.check();

    const tables = dialect === 'sqlite' ? 'select name from sqlite_master' : 'show tables';
    await expect(database.sql(tables)).resolves.toEqual([]);
    await db.close();
    await database.remove();
  });
});
