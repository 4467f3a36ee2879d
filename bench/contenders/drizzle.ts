import { and, asc, desc, eq, gte, lt, sql } from 'drizzle-orm';
import { datetime, decimal, int, mediumtext, mysqlTable, primaryKey, tinyint, varchar } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createConnection } from 'mysql2/promise';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange, Series } from '../data/ranges.ts';
import { candleRow, OVERWRITTEN, rawRow } from '../data/table-rows.ts';

export const how = 'insert().values().onDuplicateKeyUpdate(); select().from(); iterator()';

const instant = (name: string) => datetime(name, { mode: 'date', fsp: 3 }).notNull();
const price = (name: string) => decimal(name, { precision: 36, scale: 18 }).notNull();
const key = (name: string, length: number) => varchar(name, { length }).notNull();

const marketData = mysqlTable(
  'market_data',
  {
    exchange: key('exchange', 32),
    symbol: key('symbol', 64),
    timeframe: key('timeframe', 8),
    price_type: key('price_type', 8),
    start_time: instant('start_time'),
    end_time: instant('end_time'),
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
    volume: price('volume'),
    trade_count: int('trade_count', { unsigned: true }),
    closed: tinyint('closed').notNull(),
    updated_at: instant('updated_at'),
  },
  (table) => [
    primaryKey({ columns: [table.exchange, table.symbol, table.timeframe, table.price_type, table.start_time] }),
  ],
);

const rawTrades = mysqlTable(
  'raw_trades',
  {
    exchange: key('exchange', 32),
    symbol: key('symbol', 64),
    data_type: key('data_type', 32),
    timestamp: instant('timestamp'),
    source_id: key('source_id', 64),
    received_at: instant('received_at'),
    raw_data: mediumtext('raw_data').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.exchange, table.symbol, table.data_type, table.timestamp, table.source_id] }),
  ],
);

const overwrite = Object.fromEntries(OVERWRITTEN.map((column) => [column, sql.raw(`values(\`${column}\`)`)]));

export const open: OpenContender = async ({ host, port, user, database }) => {
  const connection = await createConnection({ host, port, user, database, timezone: 'Z' });
  const db = drizzle({ client: connection });
  const upsert = (rows: (typeof marketData.$inferInsert)[]) =>
    db.insert(marketData).values(rows).onDuplicateKeyUpdate({ set: overwrite });
  const ofSeries = ({ exchange, symbol, timeframe, priceType }: Series) =>
    and(
      eq(marketData.exchange, exchange),
      eq(marketData.symbol, symbol),
      eq(marketData.timeframe, timeframe),
      eq(marketData.price_type, priceType),
    );
  const ofRange = (range: CandleRange) =>
    and(ofSeries(range), gte(marketData.start_time, range.startTime), lt(marketData.start_time, range.endTime));
  const readRange = (range: CandleRange) =>
    db.select().from(marketData).where(ofRange(range)).orderBy(asc(marketData.start_time));
  return {
    upsertBatch: (candles) => {
      const updatedAt = new Date();
      return upsert(candles.map((candle) => candleRow(candle, updatedAt)));
    },
    upsertOne: (candle) => upsert([candleRow(candle, new Date())]),
    readRange,
    latest: async (series) => {
      const [row] = await db
        .select()
        .from(marketData)
        .where(ofSeries(series))
        .orderBy(desc(marketData.start_time))
        .limit(1);
      return row;
    },
    stream: (range) => readRange(range).iterator(),
    readColumns: async (range) => {
      const { start_time, open, high, low, close, volume } = marketData;
      const rows = await db
        .select({ start_time, open, high, low, close, volume })
        .from(marketData)
        .where(ofRange(range))
        .orderBy(asc(start_time));
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    insertRaw: (points) => db.insert(rawTrades).values(points.map(rawRow)),
    readRaw: ({ exchange, symbol, dataType, startTime, endTime }) =>
      db
        .select()
        .from(rawTrades)
        .where(
          and(
            eq(rawTrades.exchange, exchange),
            eq(rawTrades.symbol, symbol),
            eq(rawTrades.data_type, dataType),
            gte(rawTrades.timestamp, startTime),
            lt(rawTrades.timestamp, endTime),
          ),
        )
        .orderBy(asc(rawTrades.timestamp), asc(rawTrades.source_id)),
    close: () => connection.end(),
  };
};
