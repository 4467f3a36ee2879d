import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange } from '../data/ranges.ts';
import type { Candle } from '../data/rows.ts';
import { openPrisma } from '../prisma/client.ts';

export const how = '$transaction() of upserts, as it has no bulk upsert; createMany(); findMany()';

export const open: OpenContender = async ({ host, port, user, database }) => {
  const client = openPrisma(
    new PrismaMariaDb({ host, port, user, database, connectionLimit: 1, allowPublicKeyRetrieval: true }),
  );
  const upsert = (candle: Candle, updatedAt: Date) => {
    const { exchange, symbol, timeframe, priceType, startTime, ...values } = candle;
    const key = { exchange, symbol, timeframe, priceType, startTime };
    return client.marketData.upsert({
      where: { exchange_symbol_timeframe_priceType_startTime: key },
      create: { ...candle, updatedAt },
      update: { ...values, updatedAt },
    });
  };
  const ofRange = ({ exchange, symbol, timeframe, priceType, startTime, endTime }: CandleRange) => ({
    where: { exchange, symbol, timeframe, priceType, startTime: { gte: startTime, lt: endTime } },
    orderBy: { startTime: 'asc' },
  });
  return {
    upsertBatch: (candles) => {
      const updatedAt = new Date();
      return client.$transaction(candles.map((candle) => upsert(candle, updatedAt)));
    },
    upsertOne: (candle) => upsert(candle, new Date()),
    readRange: (range) => client.marketData.findMany(ofRange(range)),
    latest: ({ exchange, symbol, timeframe, priceType }) =>
      client.marketData.findFirst({
        where: { exchange, symbol, timeframe, priceType },
        orderBy: { startTime: 'desc' },
      }),
    readColumns: async (range) => {
      const select = { startTime: true, open: true, high: true, low: true, close: true, volume: true };
      const rows = await client.marketData.findMany({ ...ofRange(range), select });
      return toColumns(rows, (row) => row.startTime.getTime());
    },
    insertRaw: (points) => client.rawTrade.createMany({ data: [...points] }),
    readRaw: ({ exchange, symbol, dataType, startTime, endTime }) =>
      client.rawTrade.findMany({
        where: { exchange, symbol, dataType, timestamp: { gte: startTime, lt: endTime } },
        orderBy: [{ timestamp: 'asc' }, { sourceId: 'asc' }],
      }),
    close: () => client.$disconnect(),
  };
};
