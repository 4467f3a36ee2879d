import { defineEntity, p } from '@mikro-orm/core';
import { MikroORM as MariaDbOrm } from '@mikro-orm/mariadb';
import { MikroORM as MySqlOrm } from '@mikro-orm/mysql';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange, RawRange } from '../data/ranges.ts';
import type { Candle } from '../data/rows.ts';

export const how = 'em.upsertMany(), em.find(), on a fork for each call';

const name = () => p.string();
const price = () => p.decimal().precision(36).scale(18);

const StoredCandle = defineEntity({
  name: 'StoredCandle',
  tableName: 'market_data',
  properties: {
    exchange: name().primary(),
    symbol: name().primary(),
    timeframe: name().primary(),
    priceType: name().primary(),
    startTime: p.datetime().length(3).primary(),
    endTime: p.datetime().length(3),
    open: price(),
    high: price(),
    low: price(),
    close: price(),
    volume: price(),
    quoteVolume: price().nullable(),
    takerBuyVolume: price().nullable(),
    takerBuyQuoteVolume: price().nullable(),
    openInterest: price().nullable(),
    tradeCount: p.integer().nullable(),
    closed: p.boolean(),
    updatedAt: p.datetime().length(3),
  },
});

const StoredRawTrade = defineEntity({
  name: 'StoredRawTrade',
  tableName: 'raw_trades',
  properties: {
    exchange: name().primary(),
    symbol: name().primary(),
    dataType: name().primary(),
    timestamp: p.datetime().length(3).primary(),
    sourceId: name().primary(),
    receivedAt: p.datetime().length(3),
    rawData: p.text(),
  },
});

export const open: OpenContender = async ({ dialect, host, port, user, database }) => {
  const options = {
    host,
    port,
    user,
    dbName: database,
    entities: [StoredCandle, StoredRawTrade],
    pool: { min: 1, max: 1 },
    ensureDatabase: false,
  };
  const orm = dialect === 'mysql' ? await MySqlOrm.init(options) : await MariaDbOrm.init(options);
  const stored = (candle: Candle, updatedAt: Date) => ({ ...candle, updatedAt });
  const ofRange = ({ exchange, symbol, timeframe, priceType, startTime, endTime }: CandleRange) => ({
    exchange,
    symbol,
    timeframe,
    priceType,
    startTime: { $gte: startTime, $lt: endTime },
  });
  const ofRaw = ({ exchange, symbol, dataType, startTime, endTime }: RawRange) => ({
    exchange,
    symbol,
    dataType,
    timestamp: { $gte: startTime, $lt: endTime },
  });
  return {
    upsertBatch: (candles) => {
      const updatedAt = new Date();
      return orm.em.fork().upsertMany(
        StoredCandle,
        candles.map((candle) => stored(candle, updatedAt)),
      );
    },
    upsertOne: (candle) => orm.em.fork().upsert(StoredCandle, stored(candle, new Date())),
    readRange: (range) => orm.em.fork().find(StoredCandle, ofRange(range), { orderBy: { startTime: 'asc' } }),
    latest: ({ exchange, symbol, timeframe, priceType }) =>
      orm.em
        .fork()
        .findOne(StoredCandle, { exchange, symbol, timeframe, priceType }, { orderBy: { startTime: 'desc' } }),
    stream: (range) => orm.em.fork().stream(StoredCandle, { where: ofRange(range), orderBy: { startTime: 'asc' } }),
    readColumns: async (range) => {
      const rows = await orm.em
        .fork()
        .createQueryBuilder(StoredCandle)
        .select(['startTime', 'open', 'high', 'low', 'close', 'volume'])
        .where(ofRange(range))
        .orderBy({ startTime: 'asc' })
        .execute<{ startTime: Date; open: string; high: string; low: string; close: string; volume: string }[]>('all');
      return toColumns(rows, (row) => row.startTime.getTime());
    },
    insertRaw: (points) => orm.em.fork().insertMany(StoredRawTrade, [...points]),
    readRaw: (range) =>
      orm.em.fork().find(StoredRawTrade, ofRaw(range), { orderBy: { timestamp: 'asc', sourceId: 'asc' } }),
    close: () => orm.close(),
  };
};
