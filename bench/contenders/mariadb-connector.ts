import { createConnection } from 'mariadb';
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

export const how = 'batch() in a transaction; query(), queryStream()';

const marks = (count: number) => `(${Array(count).fill('?').join(', ')})`;
const UPSERT = `${INSERT_CANDLES} ${marks(13)} on duplicate key update ${OVERWRITE_SQL}`;
const RAW = `${INSERT_RAW} ${marks(7)}`;

export const open: OpenContender = async ({ host, port, user, database }) => {
  // MySQL sends its key for passwords over a plain connection only when asked
  const connection = await createConnection({
    host,
    port,
    user,
    database,
    timezone: 'Z',
    allowPublicKeyRetrieval: true,
  });
  // without a transaction every row of a batch would be committed by itself
  const batch = async (sql: string, rows: unknown[][]) => {
    await connection.beginTransaction();
    await connection.batch(sql, rows);
    await connection.commit();
  };
  return {
    upsertBatch: (candles) => {
      const updatedAt = new Date();
      return batch(
        UPSERT,
        candles.map((candle) => candleValues(candle, updatedAt)),
      );
    },
    upsertOne: (candle) => connection.query(UPSERT, candleValues(candle, new Date())),
    readRange: (range) => connection.query(SELECT_RANGE, rangeParameters(range)),
    latest: async (series) => (await connection.query(SELECT_LATEST, seriesParameters(series)))[0],
    stream: (range) => connection.queryStream(SELECT_RANGE, rangeParameters(range)),
    readColumns: async (range) => {
      const rows: {
        start_time: Date;
        open: string;
        high: string;
        low: string;
        close: string;
        volume: string;
      }[] = await connection.query(SELECT_COLUMNS, rangeParameters(range));
      return toColumns(rows, (row) => row.start_time.getTime());
    },
    insertRaw: (points) => batch(RAW, points.map(rawValues)),
    readRaw: (range) => connection.query(SELECT_RAW, rawParameters(range)),
    close: () => connection.end(),
  };
};
