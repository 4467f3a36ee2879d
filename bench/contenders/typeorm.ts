import { And, DataSource, EntitySchema, type EntitySchemaColumnOptions, LessThan, MoreThanOrEqual } from 'typeorm';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange } from '../data/ranges.ts';
import { type CandleRow, candleRow, OVERWRITTEN, type RawRow, rawRow } from '../data/table-rows.ts';

export const how = 'createQueryBuilder().insert().orUpdate(), without reading back; find()';

const key = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length, primary: true });
const instant: EntitySchemaColumnOptions = { type: 'datetime', precision: 3 };
const price: EntitySchemaColumnOptions = { type: 'decimal', precision: 36, scale: 18 };

const MarketData = new EntitySchema<CandleRow>({
  name: 'market_data',
  columns: {
    exchange: key(32),
    symbol: key(64),
    timeframe: key(8),
    price_type: key(8),
    start_time: { ...instant, primary: true },
    end_time: instant,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: price,
    trade_count: { type: 'int', unsigned: true, nullable: true },
    closed: { type: 'tinyint' },
    updated_at: instant,
  },
});

const RawTrades = new EntitySchema<RawRow>({
  name: 'raw_trades',
  columns: {
    exchange: key(32),
    symbol: key(64),
    data_type: key(32),
    timestamp: { ...instant, primary: true },
    source_id: key(64),
    received_at: instant,
    raw_data: { type: 'mediumtext' },
  },
});

const between = (from: Date, to: Date) => And(MoreThanOrEqual(from), LessThan(to));

export const open: OpenContender = async ({ dialect, host, port, user, database }) => {
  const source = await new DataSource({
    type: dialect,
    host,
    port,
    username: user,
    database,
    timezone: 'Z',
    poolSize: 1,
    entities: [MarketData, RawTrades],
  }).initialize();
  const candles = source.getRepository(MarketData);
  const rawTrades = source.getRepository(RawTrades);
  const upsert = (rows: CandleRow[]) =>
    candles
      .createQueryBuilder()
      .insert()
      .values(rows)
      .orUpdate([...OVERWRITTEN])
      .updateEntity(false)
      .execute();
  const ofRange = ({ exchange, symbol, timeframe, priceType, startTime, endTime }: CandleRange) =>
    candles
      .createQueryBuilder('c')
      .where({ exchange, symbol, timeframe, price_type: priceType, start_time: between(startTime, endTime) })
      .orderBy('c.start_time');
  return {
    upsertBatch: (batch) => {
      const updatedAt = new Date();
      return upsert(batch.map((candle) => candleRow(candle, updatedAt)));
    },
    upsertOne: (candle) => upsert([candleRow(candle, new Date())]),
    readRange: ({ exchange, symbol, timeframe, priceType, startTime, endTime }) =>
      candles.find({
        where: { exchange, symbol, timeframe, price_type: priceType, start_time: between(startTime, endTime) },
        order: { start_time: 'ASC' },
      }),
    latest: ({ exchange, symbol, timeframe, priceType }) =>
      candles.findOne({ where: { exchange, symbol, timeframe, price_type: priceType }, order: { start_time: 'DESC' } }),
    readColumns: async (range) => {
      const rows = await ofRange(range)
        .select(['start_time', 'open', 'high', 'low', 'close', 'volume'].map((name) => `c.${name} as ${name}`))
        .getRawMany<CandleRow>();
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    async *stream(range) {
      const columns = candles.metadata.columns.map(({ databaseName }) => `c.${databaseName} as ${databaseName}`);
      yield* await ofRange(range).select(columns).stream();
    },
    insertRaw: (points) => rawTrades.insert(points.map(rawRow)),
    readRaw: ({ exchange, symbol, dataType, startTime, endTime }) =>
      rawTrades.find({
        where: { exchange, symbol, data_type: dataType, timestamp: between(startTime, endTime) },
        order: { timestamp: 'ASC', source_id: 'ASC' },
      }),
    close: () => source.destroy(),
  };
};
