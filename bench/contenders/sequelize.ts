import { DataTypes, Op, Sequelize } from 'sequelize';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import type { CandleRange } from '../data/ranges.ts';
import { type CandleRow, candleRow, OVERWRITTEN, rawRow } from '../data/table-rows.ts';

export const how = 'bulkCreate({ updateOnDuplicate }); findAll({ raw: true })';

const key = (length: number) => ({ type: DataTypes.STRING(length), primaryKey: true });
// a new object for each column: defining a model writes the column's name into it
const instant = () => ({ type: DataTypes.DATE(3), allowNull: false });
const price = () => ({ type: DataTypes.DECIMAL(36, 18), allowNull: false });

export const open: OpenContender = async ({ host, port, user, database }) => {
  const sequelize = new Sequelize(database, user, '', {
    host,
    port,
    dialect: 'mysql',
    timezone: '+00:00',
    logging: false,
    pool: { min: 1, max: 1 },
    define: { timestamps: false, freezeTableName: true },
  });
  const candles = sequelize.define('market_data', {
    exchange: key(32),
    symbol: key(64),
    timeframe: key(8),
    price_type: key(8),
    start_time: { ...instant(), primaryKey: true },
    end_time: instant(),
    open: price(),
    high: price(),
    low: price(),
    close: price(),
    volume: price(),
    trade_count: { type: DataTypes.INTEGER.UNSIGNED },
    closed: { type: DataTypes.TINYINT, allowNull: false },
    updated_at: instant(),
  });
  const rawTrades = sequelize.define('raw_trades', {
    exchange: key(32),
    symbol: key(64),
    data_type: key(32),
    timestamp: { ...instant(), primaryKey: true },
    source_id: key(64),
    received_at: instant(),
    raw_data: { type: DataTypes.TEXT('medium'), allowNull: false },
  });
  await sequelize.authenticate();
  const upsert = (rows: CandleRow[]) => candles.bulkCreate(rows, { updateOnDuplicate: [...OVERWRITTEN] });
  const ofRange = ({ exchange, symbol, timeframe, priceType, startTime, endTime }: CandleRange) => ({
    where: {
      exchange,
      symbol,
      timeframe,
      price_type: priceType,
      start_time: { [Op.gte]: startTime, [Op.lt]: endTime },
    },
    order: [['start_time', 'ASC']] as [string, string][],
    raw: true as const,
  });
  return {
    upsertBatch: (batch) => {
      const updatedAt = new Date();
      return upsert(batch.map((candle) => candleRow(candle, updatedAt)));
    },
    upsertOne: (candle) => candles.upsert(candleRow(candle, new Date())),
    readRange: (range) => candles.findAll(ofRange(range)),
    latest: ({ exchange, symbol, timeframe, priceType }) =>
      // by default it leaves out the limit if the condition names a column of the key
      candles.findOne({
        where: { exchange, symbol, timeframe, price_type: priceType },
        order: [['start_time', 'DESC']],
        limit: 1,
        raw: true,
      }),
    readColumns: async (range) => {
      const attributes = ['start_time', 'open', 'high', 'low', 'close', 'volume'];
      const rows = (await candles.findAll({ ...ofRange(range), attributes })) as unknown as CandleRow[];
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    insertRaw: (points) => rawTrades.bulkCreate(points.map(rawRow)),
    readRaw: ({ exchange, symbol, dataType, startTime, endTime }) =>
      rawTrades.findAll({
        where: { exchange, symbol, data_type: dataType, timestamp: { [Op.gte]: startTime, [Op.lt]: endTime } },
        order: [
          ['timestamp', 'ASC'],
          ['source_id', 'ASC'],
        ],
        raw: true,
      }),
    close: () => sequelize.close(),
  };
};
