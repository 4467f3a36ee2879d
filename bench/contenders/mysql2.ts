import { createConnection } from 'mysql2';
import type { RowDataPacket } from 'mysql2/promise';
import type { OpenContender } from '../contender.ts';
import { toColumns } from '../data/columns.ts';
import {
  INSERT_CANDLES,
  INSERT_RAW,
  rangeParameters,
  rawParameters,
  SELECT_COLUMNS,
  SELECT_LATEST,
  SELECT_RANGE,
  SELECT_RAW,
  seriesParameters,
} from '../data/statements.ts';
import { candleValues, OVERWRITE_SQL, rawValues } from '../data/table-rows.ts';

export const how = 'query(), values as ?; rows as objects, times as Date';

const UPSERT = `${INSERT_CANDLES} ? on duplicate key update ${OVERWRITE_SQL}`;

interface ColumnsRow extends RowDataPacket {
  start_time: Date;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

export const open: OpenContender = async ({ host, port, user, database }) => {
  const raw = createConnection({ host, port, user, database, timezone: 'Z' });
  const connection = raw.promise();
  await connection.connect();
  return {
    upsertBatch: (candles) => {
      const updatedAt = new Date();
      return connection.query(UPSERT, [candles.map((candle) => candleValues(candle, updatedAt))]);
    },
    upsertOne: (candle) => connection.query(UPSERT, [[candleValues(candle, new Date())]]),
    readRange: async (range) => (await connection.query<RowDataPacket[]>(SELECT_RANGE, rangeParameters(range)))[0],
    latest: async (series) => (await connection.query<RowDataPacket[]>(SELECT_LATEST, seriesParameters(series)))[0][0],
    stream: (range) => raw.query(SELECT_RANGE, rangeParameters(range)).stream(),
    readColumns: async (range) => {
      const [rows] = await connection.query<ColumnsRow[]>(SELECT_COLUMNS, rangeParameters(range));
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    insertRaw: (points) => connection.query(`${INSERT_RAW} ?`, [points.map(rawValues)]),
    readRaw: async (range) => (await connection.query<RowDataPacket[]>(SELECT_RAW, rawParameters(range)))[0],
    close: () => connection.end(),
  };
};
