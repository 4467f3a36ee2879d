import { Kysely, MysqlDialect, type RawBuilder, sql } from 'kysely';
import { createPool } from 'mysql2';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange, Series } from '../data/ranges.ts';
import { type CandleRow, candleRow, OVERWRITTEN, type RawRow, rawRow } from '../data/table-rows.ts';

export const how = 'insertInto().values().onDuplicateKeyUpdate(); selectFrom().selectAll()';

interface Tables {
  market_data: CandleRow;
  raw_trades: RawRow;
}

const overwrite = Object.fromEntries(OVERWRITTEN.map((column) => [column, sql`values(${sql.ref(column)})`])) as Record<
  (typeof OVERWRITTEN)[number],
  RawBuilder<never>
>;

export const open: OpenContender = async ({ host, port, user, database }) => {
  const pool = createPool({ host, port, user, database, timezone: 'Z', connectionLimit: 1 });
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  const upsert = (rows: CandleRow[]) =>
    db.insertInto('market_data').values(rows).onDuplicateKeyUpdate(overwrite).execute();
  const ofSeries = ({ exchange, symbol, timeframe, priceType }: Series) =>
    db
      .selectFrom('market_data')
      .where('exchange', '=', exchange)
      .where('symbol', '=', symbol)
      .where('timeframe', '=', timeframe)
      .where('price_type', '=', priceType);
  const ofRange = (range: CandleRange) =>
    ofSeries(range)
      .where('start_time', '>=', range.startTime)
      .where('start_time', '<', range.endTime)
      .orderBy('start_time');
  return {
    upsertBatch: (candles) => {
      const updatedAt = new Date();
      return upsert(candles.map((candle) => candleRow(candle, updatedAt)));
    },
    upsertOne: (candle) => upsert([candleRow(candle, new Date())]),
    readRange: (range) => ofRange(range).selectAll().execute(),
    latest: (series) => ofSeries(series).selectAll().orderBy('start_time', 'desc').limit(1).executeTakeFirst(),
    stream: (range) => ofRange(range).selectAll().stream(),
    readColumns: async (range) => {
      const rows = await ofRange(range).select(['start_time', 'open', 'high', 'low', 'close', 'volume']).execute();
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    insertRaw: (points) => db.insertInto('raw_trades').values(points.map(rawRow)).execute(),
    readRaw: (range) =>
      db
        .selectFrom('raw_trades')
        .selectAll()
        .where('exchange', '=', range.exchange)
        .where('symbol', '=', range.symbol)
        .where('data_type', '=', range.dataType)
        .where('timestamp', '>=', range.startTime)
        .where('timestamp', '<', range.endTime)
        .orderBy(['timestamp', 'source_id'])
        .execute(),
    close: () => db.destroy(),
  };
};
