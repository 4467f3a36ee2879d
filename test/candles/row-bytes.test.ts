import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mariadbDialect } from '../../src/databases/mysql/mariadb.ts';
import { mysqlDialect } from '../../src/databases/mysql/mysql.ts';
import { rowLiterals } from '../../src/databases/sql-literals.ts';
import { MarketData } from '../../src/entities/market-data.entity.ts';
import { RawTrade } from '../../src/entities/raw-trade.entity.ts';
import { type Table, tableOf } from '../../src/entities/table.ts';
import { createOrm } from '../../src/operations/orm.ts';
import { mostRowBytes } from '../../src/repositories/write/cut-batch.ts';
import { rowEncoder } from '../../src/repositories/write/encode-rows.ts';
import { canonical, units } from '../support/arbitraries.ts';

const RUNS = { seed: 20_240_101, numRuns: 300 };
const LATEST = new Date('9999-12-31T23:59:59.999Z');
const WIDEST_DECIMAL = canonical(10n ** 36n - 1n);
const WIDEST_LETTER = '🚀';

/** The tables as an instance derives them; nothing is connected. */
const tablesOf = (dialect: typeof mysqlDialect) => {
  const pool = {
    acquire: () => Promise.reject(new Error('not connected')),
    release: () => undefined,
    destroy: async () => undefined,
  };
  const target = { kind: 'server', host: 'h', port: 1, database: 'd', user: 'u', dialect: dialect.name } as never;
  const orm = createOrm(dialect, target, dialect.kyselyDialect(pool));
  const platform = orm.em.getPlatform();
  return {
    marketData: tableOf(orm.getMetadata().get(MarketData), platform),
    rawTrades: tableOf(orm.getMetadata().get(RawTrade), platform),
  };
};

/** How many bytes a row takes in a statement, with the comma that parts it from the next; and how many at most. */
function weigh<T extends object>(table: Table<T>, row: T): { readonly written: number; readonly most: number } {
  return {
    written: Buffer.byteLength(`${rowEncoder(table.columns, rowLiterals)(row)},`),
    most: mostRowBytes(table)(row),
  };
}

const letter = fc.oneof(
  fc.constantFrom("'", '"', '\\', '\n', '\t', '\u001a', 'é', '币', WIDEST_LETTER),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = (longest: number): fc.Arbitrary<string> => fc.string({ unit: letter, maxLength: longest });
const decimal = units.map(canonical);
const instant = fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: LATEST, noInvalidDate: true });

describe.each([
  ['mysql', mysqlDialect],
  ['mariadb', mariadbDialect],
])('the most bytes of a row on %s', (_name, dialect) => {
  const { marketData, rawTrades } = tablesOf(dialect);

  it('hold for any candle', () => {
    const candle = fc.record({
      exchange: text(32),
      symbol: text(64),
      timeframe: text(8),
      startTime: instant,
      endTime: instant,
      open: decimal,
      high: decimal,
      low: decimal,
      close: decimal,
      volume: decimal,
      tradeCount: fc.option(fc.integer({ min: 0, max: 4_294_967_295 })),
      closed: fc.boolean(),
      updatedAt: instant,
    });
    fc.assert(
      fc.property(candle, (row) => {
        const { written, most } = weigh(marketData, row);
        expect(written).toBeLessThanOrEqual(most);
      }),
      RUNS,
    );
  });

  it('hold for any raw trade', () => {
    const trade = fc.record({
      exchange: text(32),
      symbol: text(64),
      dataType: text(32),
      timestamp: instant,
      sourceId: text(64),
      receivedAt: instant,
      rawData: text(500),
    });
    fc.assert(
      fc.property(trade, (row) => {
        const { written, most } = weigh(rawTrades, row);
        expect(written).toBeLessThanOrEqual(most);
      }),
      RUNS,
    );
  });

  it('hold for the widest values', () => {
    const name = (length: number): string => WIDEST_LETTER.repeat(length);
    const times = { startTime: LATEST, endTime: LATEST, updatedAt: LATEST };
    const prices = { open: WIDEST_DECIMAL, high: WIDEST_DECIMAL, low: WIDEST_DECIMAL, close: WIDEST_DECIMAL };
    const candle = weigh(marketData, {
      ...{ exchange: name(32), symbol: name(64), timeframe: name(8), tradeCount: 4_294_967_295, closed: true },
      ...{ ...times, ...prices, priceType: 'premium', volume: WIDEST_DECIMAL, quoteVolume: WIDEST_DECIMAL },
      ...{ takerBuyVolume: WIDEST_DECIMAL, takerBuyQuoteVolume: WIDEST_DECIMAL, openInterest: WIDEST_DECIMAL },
    });
    expect(candle.written).toBeLessThanOrEqual(candle.most);

    const trade = weigh(rawTrades, {
      ...{ exchange: name(32), symbol: name(64), dataType: name(32), sourceId: name(64), rawData: '\\'.repeat(1_000) },
      ...{ timestamp: LATEST, receivedAt: LATEST },
    });
    expect(trade.written).toBeLessThanOrEqual(trade.most);
  });

  it('are not far from what a candle takes, so that slices are not small for nothing', () => {
    const { written, most } = weigh(marketData, {
      ...{ exchange: 'okx', symbol: 'BTC-USDT', timeframe: '1m', priceType: 'trade', tradeCount: 7, closed: true },
      ...{ quoteVolume: null, takerBuyVolume: null, takerBuyQuoteVolume: null, openInterest: null },
      ...{ startTime: LATEST, endTime: LATEST, updatedAt: LATEST },
      ...{ open: '42000.1', high: '42010', low: '41990.5', close: '42005', volume: '12.5' },
    });
    expect(most).toBeLessThan(10 * written);
  });
});
