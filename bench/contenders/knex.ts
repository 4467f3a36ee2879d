import knex from 'knex';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange, Series } from '../data/ranges.ts';
import { type CandleRow, candleRow, type RawRow, rawRow } from '../data/table-rows.ts';

export const how = 'insert().onConflict().merge(); where().orderBy()';

const KEY = ['exchange', 'symbol', 'timeframe', 'price_type', 'start_time'];

export const open: OpenContender = async ({ host, port, user, database }) => {
  const db = knex({
    client: 'mysql2',
    connection: { host, port, user, database, timezone: 'Z' },
    pool: { min: 1, max: 1 },
  });
  const upsert = (rows: CandleRow[]) => db<CandleRow>('market_data').insert(rows).onConflict(KEY).merge();
  const ofSeries = ({ exchange, symbol, timeframe, priceType }: Series) =>
    db<CandleRow>('market_data').where({ exchange, symbol, timeframe, price_type: priceType });
  const ofRange = (range: CandleRange) =>
    ofSeries(range)
      .where('start_time', '>=', range.startTime)
      .where('start_time', '<', range.endTime)
      .orderBy('start_time');
  return {
    upsertBatch: async (candles) => {
      const updatedAt = new Date();
      await upsert(candles.map((candle) => candleRow(candle, updatedAt)));
    },
    upsertOne: async (candle) => {
      await upsert([candleRow(candle, new Date())]);
    },
    readRange: async (range) => ofRange(range),
    latest: async (series) => ofSeries(series).orderBy('start_time', 'desc').first(),
    stream: (range) => ofRange(range).stream(),
    readColumns: async (range) => {
      const rows = await ofRange(range).select('start_time', 'open', 'high', 'low', 'close', 'volume');
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    insertRaw: async (points) => {
      await db<RawRow>('raw_trades').insert(points.map(rawRow));
    },
    readRaw: async ({ exchange, symbol, dataType, startTime, endTime }) =>
      db<RawRow>('raw_trades')
        .where({ exchange, symbol, data_type: dataType })
        .where('timestamp', '>=', startTime)
        .where('timestamp', '<', endTime)
        .orderBy(['timestamp', 'source_id']),
    close: () => db.destroy(),
  };
};
