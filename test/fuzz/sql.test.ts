import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2';
import { DatabaseOperations, isDatabaseOperationError, type SqlArgument, type Transaction } from '../../src/index.ts';
import { Chooser } from '../support/chooser.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { fuzzSeed, fuzzStatements } from './run-settings.ts';
import { broken, type FuzzStatement, oddText, statement, withLiterals } from './sql-statements.ts';

const MODES = ['', 'ANSI_QUOTES', 'PIPES_AS_CONCAT', 'IGNORE_SPACE', 'ANSI', 'STRICT_ALL_TABLES,NO_ZERO_DATE'];
const PER_TRANSACTION = 50;
const asLists = { rowsAsArray: true } as const;

/** Rows, or the server's error number, or that nothing was sent. */
type Outcome = { readonly rows: unknown } | { readonly errno: unknown } | { readonly refused: true };

const outcomeOf = async (rows: Promise<unknown>): Promise<Outcome> => {
  try {
    return { rows: await rows };
  } catch (error) {
    if (isDatabaseOperationError(error) && error.attempts === 0) {
      return { refused: true };
    }
    return { errno: (error as { readonly errno?: unknown }).errno ?? String(error) };
  }
};

class GoneOn extends Error {}

onEveryServer('statements of any form, with values of any kind, on a', (dialect) => {
  let database: FreshDatabase;
  let db: DatabaseOperations;
  let judge: DatabaseOperations;
  let raw: Connection;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    await database.sql(
      'create table fuzzed (t varchar(40) character set utf8mb4 collate utf8mb4_bin, l varchar(40) character set latin1, n int, ' +
        'd decimal(36,18), at datetime(3), f double, b varbinary(40))',
    );
    await database.sql("insert into fuzzed values ('abc', 'abc', 1, 42000.5, '2024-01-01', 0.1, x'00ff')");
    db = new DatabaseOperations({ url: database.url, pool: { max: 1 } });
    judge = new DatabaseOperations({ url: database.url, pool: { max: 1 } });
    raw = createConnection({ uri: database.url.replace(/^mariadb:/, 'mysql:'), charset: 'utf8mb4' });
  });
  afterAll(async () => {
    await new Promise<void>((resolve) => raw.end(() => resolve()));
    await db.close();
    await judge.close();
    await database.remove();
  });

  /** How many marks the server itself finds in a text; `undefined` where it understands none of it. */
  const marksOf = (text: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      raw.prepare(text, (error, prepared) => {
        if (error) {
          resolve(undefined);
          return;
        }
        const { parameters } = prepared as unknown as { readonly parameters: readonly unknown[] };
        prepared.close();
        raw.unprepare(text);
        resolve(parameters.length);
      });
    });

  /** Sends blocks of statements in the mode that is drawn for each: as they are, and with the judge's literals. */
  const inBlocks = async (
    choose: Chooser,
    count: number,
    work: (tx: Transaction, judgeTx: Transaction, mode: string) => Promise<void>,
  ): Promise<void> => {
    for (let sent = 0; sent < count; sent += PER_TRANSACTION) {
      const mode = choose.of(MODES);
      await new Promise<void>((resolve, reject) => {
        raw.query('set session sql_mode = ?', [mode], (error) => (error ? reject(error) : resolve()));
      });
      const block = db.transaction((tx) =>
        judge.transaction(async (judgeTx) => {
          for (const each of [tx, judgeTx]) {
            await each.sql.execute`set session sql_mode = ${mode}`;
          }
          for (let times = 0; times < Math.min(PER_TRANSACTION, count - sent); times += 1) {
            await work(tx, judgeTx, mode);
          }
          throw new GoneOn();
        }),
      );
      await block.catch((error: unknown) => {
        if (!(error instanceof GoneOn)) {
          throw error;
        }
      });
    }
  };

  it(
    'give what the server makes of them with the values as literals',
    async () => {
      const choose = new Chooser(fuzzSeed);
      let rows = 0;
      const count = Math.ceil(fuzzStatements * 0.8);
      await inBlocks(choose, count, async (tx, judgeTx, mode) => {
        const drawn: FuzzStatement = statement(choose, !mode.startsWith('ANSI'));
        const values = drawn.values.map(({ value }) => value);
        const got = await outcomeOf(tx.sql.query(drawn.text, values, asLists));
        const meant = await outcomeOf(judgeTx.sql.query(withLiterals(drawn), [], asLists));
        if ('rows' in got) {
          rows += 1;
        }
        expect({ text: drawn.text, values, mode, got }).toEqual({ text: drawn.text, values, mode, got: meant });
      });
      // most of what is drawn is understood
      expect(rows).toBeGreaterThan(count * 0.6);
    },
    60_000 + fuzzStatements * 60,
  );

  it(
    'have their marks where the server finds them, however broken they are, or are refused',
    async () => {
      const choose = new Chooser(fuzzSeed + 1);
      const count = Math.ceil(fuzzStatements * 0.2);
      let sent = 0;
      await inBlocks(choose, count, async (tx, judgeTx, mode) => {
        const text = broken(choose, !mode.startsWith('ANSI'));
        const marks = await marksOf(text);
        const found = Array.from(text.matchAll(/\?/g), ({ index }) => index);
        // of all numbers of values the library may take the one that the server means, or none
        for (let given = 0; given <= found.length; given += 1) {
          const values: SqlArgument[] = Array.from({ length: given }, () => oddText(choose));
          const got = await outcomeOf(tx.sql.query(text, values, asLists));
          if ('rows' in got) {
            sent += 1;
            // a name may be a text, but no mark of a prepared statement
            expect({ text, mode, marks: given }).toEqual({ text, mode, marks: marks ?? given });
            // no value is more than a value: with others in their place there are as many rows and columns
            const other = await outcomeOf(
              judgeTx.sql.query(
                text,
                values.map(() => 'x'),
                asLists,
              ),
            );
            expect({ text, mode, values, other }).toEqual({ text, mode, values, other: { rows: expect.anything() } });
          }
        }
      });
      expect(sent).toBeGreaterThan(count * 0.03);
    },
    60_000 + fuzzStatements * 60,
  );
});
