import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveSettings } from '../../src/config/settings.ts';
import { mariadbDialect } from '../../src/databases/mysql/mariadb.ts';
import { mysqlDialect } from '../../src/databases/mysql/mysql.ts';
import type { Fields, PhysicalConnection } from '../../src/databases/physical-connection.ts';
import { openSqliteConnection } from '../../src/databases/sqlite/sqlite-connection.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { testDatabases } from '../support/servers/index.ts';

const COUNT = 5_000;
const NUMBERS = `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${COUNT}) select n, ? as name from numbers`;

describe.each(testDatabases())('a connection to %s that reads rows', (dialect) => {
  let database: FreshDatabase;
  let connection: PhysicalConnection;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    connection =
      dialect === 'sqlite'
        ? await openSqliteConnection(database.url.replace('sqlite:', ''), 100)
        : await (dialect === 'mysql' ? mysqlDialect : mariadbDialect).openConnection(
            resolveSettings('test', { url: database.url }),
          );
    if (dialect !== 'sqlite') {
      // how often a query may refer to itself is limited on both servers, by settings of their own
      const setting = dialect === 'mysql' ? 'cte_max_recursion_depth' : 'max_recursive_iterations';
      await connection.execute(`set session ${setting} = ${COUNT}`, []);
    }
  });

  afterAll(async () => {
    await connection.close();
    await database.remove();
  });

  const read = async (onRow: (fields: Fields) => void = () => undefined): Promise<number> =>
    connection.read(NUMBERS, ["it's 🚀"], onRow);

  it('hands over each row in order, and says how many there were', async () => {
    const rows: unknown[] = [];
    await expect(read((fields) => rows.push([fields.integer(), fields.text()]))).resolves.toBe(COUNT);
    expect(rows.length).toBe(COUNT);
    expect(rows.every((row, index) => JSON.stringify(row) === JSON.stringify([index + 1, "it's 🚀"]))).toBe(true);
  });

  it('need not be asked for every field of a row', async () => {
    const numbers: unknown[] = [];
    await read((fields) => numbers.push(fields.integer()));
    expect([numbers.length, numbers.at(-1)]).toEqual([COUNT, COUNT]);
    await expect(read()).resolves.toBe(COUNT);
  });

  it.each([1, 2_500, COUNT])('fails with what is thrown at row %i, and can be used afterwards', async (row) => {
    const thrown = new Error('no such row');
    let seen = 0;
    const failing = read(() => {
      seen += 1;
      if (seen === row) {
        throw thrown;
      }
    });
    await expect(failing).rejects.toBe(thrown);
    // what is left of the result is not shown to anybody
    expect(seen).toBe(row);
    expect(connection.usable).toBe(true);
    const rows: unknown[] = [];
    await connection.read('select ? as one', ['next'], (fields) => rows.push(fields.text()));
    expect(rows).toEqual(['next']);
    await expect(read()).resolves.toBe(COUNT);
    const { rows: objects } = await connection.execute('select 1 as one', []);
    expect(objects).toEqual([{ one: 1 }]);
  });

  it('says that there were none', async () => {
    const rows: unknown[] = [];
    await expect(connection.read('select 1 as one where 1 = 0', [], () => rows.push(1))).resolves.toBe(0);
    expect(rows).toEqual([]);
  });

  it('fails with the error of the database, and can be used afterwards', async () => {
    await expect(connection.read('select 1 from no_such_table', [], () => undefined)).rejects.toThrow(/no_such_table/);
    await expect(read()).resolves.toBe(COUNT);
  });

  it('lets a transaction that it read in be ended', async () => {
    await connection.execute('begin', []);
    await expect(
      read(() => {
        throw new Error('no such row');
      }),
    ).rejects.toThrow('no such row');
    await connection.execute('commit', []);
    await expect(read()).resolves.toBe(COUNT);
  });
});
