import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Connection } from 'mysql2';
import type { CandleInput, DatabaseOperations } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';
import type { Database } from '../support/servers/index.ts';

/** In each hostile text, so that it is known wherever it turns up. */
const MARK = 'h0st1le';

const HOSTILE = [
  `${MARK}\`; drop table bots; -- `,
  `${MARK}'; drop table bots; -- -`,
  `${MARK}"; drop table bots; /*`,
  `${MARK}\\'; drop table bots; -- -`,
  `\\${MARK}\\`,
  `${MARK}') on duplicate key update open = (1`,
  `bots\`.\`${MARK}`,
  `?${MARK}:name$1`,
].map((text) => `${text}|`);

/** What a statement says outside of its texts, which each database ends in a way of its own. */
function outsideOfTexts(dialect: Database, sql: string): string {
  const text = dialect === 'sqlite' ? /'(?:[^']|'')*'/g : /'(?:[^'\\]|\\.|'')*'/gs;
  return sql.replace(text, "''");
}

/** What the log says of a write, which names the series. */
const WRITE = /^stored (?:candle|message) .*: (?:inserted|unchanged)$/s;

const statements: string[] = [];
const logged: string[] = [];
const log = (details: object, message: string): void => void logged.push(message, JSON.stringify(details));
const logger = { debug: log, info: log, warn: log, error: log };

/** Every statement as it goes to the database, values and all. */
function listen(): void {
  const { createQuery } = Connection;
  jest.spyOn(Connection, 'createQuery').mockImplementation((...given: unknown[]) => {
    statements.push((given[0] as { readonly sql: string }).sql);
    return (createQuery as (...rest: unknown[]) => ReturnType<typeof createQuery>)(...given);
  });
  const { prepare } = DatabaseSync.prototype;
  jest.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (this: DatabaseSync, sql: string) {
    statements.push(sql);
    return prepare.call(this, sql);
  });
}

onEveryDatabase(
  'what comes as input',
  (bench) => {
    let db: DatabaseOperations;

    beforeEach(() => {
      db = bench.db;
      listen();
      statements.length = 0;
      logged.length = 0;
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });

    /** Nothing of it is an identifier, nor any other part of a statement, and no log holds it but as a series' name. */
    function expectOnlyValues(): void {
      expect(statements.length).toBeGreaterThan(0);
      const outside = statements.map((sql) => outsideOfTexts(bench.dialect, sql));
      expect(outside.filter((sql) => sql.includes(MARK))).toEqual([]);
      expect(outside.filter((sql) => /\bdrop\b/i.test(sql))).toEqual([]);
      expect(logged.filter((text) => text.includes(MARK) && !WRITE.test(text))).toEqual([]);
    }

    it.each(HOSTILE)('is a value and nothing else, and comes back as it was: %s', async (hostile) => {
      const name = hostile.slice(0, 32);
      const series = { exchange: name, symbol: hostile, timeframe: '1m' } as const;
      await db.marketData.upsertCandle(candle(0, series));
      await db.marketData.upsertCandles([candle(1, series), candle(2, series)], { forceUpdate: 'unless-closed' });
      expect(await db.marketData.getCandles({ ...series, ...ALWAYS })).toHaveLength(3);
      expect(await db.marketData.getLatestCandle(series)).toMatchObject({ symbol: hostile, exchange: name });
      const seen: string[] = [];
      for await (const { symbol } of db.marketData.streamCandles({ ...series, ...ALWAYS })) {
        seen.push(symbol);
      }
      expect(seen).toEqual([hostile, hostile, hostile]);
      expect((await db.marketData.getCandleColumns({ ...series, ...ALWAYS })).length).toBe(3);

      const stream = { exchange: name, symbol: hostile, dataType: name };
      await db.rawTrades.insertMany([point(0, { ...stream, sourceId: hostile, payload: { [hostile]: hostile } })]);
      const [stored] = await db.rawTrades.getRawTrades({ ...stream, ...ALWAYS });
      expect(stored).toMatchObject({ sourceId: hostile, dataType: name });
      await db.rawTrades.getRawDataStats();
      await db.rawTrades.cleanupOldRawData({ olderThan: '2100-01-01T00:00:00Z', dataType: name });

      const { id } = await db.bots.add(
        bot({
          name: hostile,
          strategyName: hostile,
          exchange: name,
          symbol: hostile,
          config: { [hostile]: [hostile] },
        }),
      );
      expect(await db.bots.getByName(hostile)).toMatchObject({ id, config: { [hostile]: [hostile] } });
      expect(await db.bots.list({ strategyName: hostile, exchange: name, symbol: hostile })).toHaveLength(1);
      await db.bots.update(id, { name: `${hostile}2`, config: { [hostile]: null } });
      expect(await db.bots.delete(id)).toBe(true);
      expectOnlyValues();
    });

    it.each(HOSTILE)('is refused as the name of a property, and no statement is sent: %s', async (hostile) => {
      const { id } = await db.bots.add(bot());
      const before = statements.length;
      const query = { ...SERIES, ...ALWAYS };
      const calls: (() => Promise<unknown>)[] = [
        () => db.marketData.getCandles({ ...query, order: hostile as never }),
        () => db.marketData.getCandles({ ...query, limit: hostile as never }),
        () => db.marketData.getCandles({ ...query, timeframe: hostile as never }),
        () => db.marketData.getCandles({ ...query, [hostile]: 1 } as never),
        () => db.marketData.upsertCandle(candle(0, { timeframe: hostile as never })),
        () => db.marketData.upsertCandles([candle()], { forceUpdate: hostile as never }),
        () => db.bots.list({ [hostile]: 1 } as never),
        () => db.bots.list({ limit: hostile as never }),
        () => db.bots.list({ status: hostile as never }),
        () => db.bots.update(id, { [hostile]: 1 } as never),
        () => db.bots.getById(hostile as never),
        () => db.rawTrades.cleanupOldRawData({ olderThan: hostile as never }),
        () => db.transaction(async () => undefined, { isolationLevel: hostile as never }),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({ kind: 'invalid-input' });
      }
      expect(statements.slice(before)).toEqual([]);
      expect(await db.bots.list()).toHaveLength(1);
    });

    it('is no column where a row has more properties than it should', async () => {
      const odd = { ...candle(), [HOSTILE[0] as string]: 1, ['`open`, `close']: 2 } as CandleInput;
      const outcome = await db.marketData.upsertCandles([odd]).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ rejected: [{ index: 0 }] });
      const inherited = Object.assign(Object.create({ [HOSTILE[0] as string]: 1 }), candle(1)) as CandleInput;
      await expect(db.marketData.upsertCandle(inherited)).rejects.toMatchObject({ kind: 'invalid-input' });
      expect(statements).toEqual([]);
    });
  },
  { logger, logQueries: true },
);
