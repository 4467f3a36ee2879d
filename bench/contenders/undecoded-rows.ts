import { createConnection, type QueryOptions } from 'mysql2';
import type { RowDataPacket } from 'mysql2/promise';
import type { OpenContender } from '../contender.ts';
import {
  rangeParameters,
  rawParameters,
  SELECT_COLUMNS,
  SELECT_LATEST,
  SELECT_RANGE,
  SELECT_RAW,
  seriesParameters,
} from '../data/statements.ts';

export const how = 'mysql2 with rowsAsArray and without typeCast: the bytes of each value';

const raw = (sql: string, values: unknown[]): QueryOptions => ({ sql, values, rowsAsArray: true, typeCast: false });

export const open: OpenContender = async ({ host, port, user, database }) => {
  const connection = createConnection({ host, port, user, database, timezone: 'Z' });
  const promised = connection.promise();
  await promised.connect();
  const rowsOf = async (options: QueryOptions) => (await promised.query<RowDataPacket[][]>(options))[0];
  return {
    readRange: (range) => rowsOf(raw(SELECT_RANGE, rangeParameters(range))),
    latest: async (series) => (await rowsOf(raw(SELECT_LATEST, seriesParameters(series))))[0],
    stream: (range) => connection.query(raw(SELECT_RANGE, rangeParameters(range))).stream(),
    readColumns: (range) => rowsOf(raw(SELECT_COLUMNS, rangeParameters(range))),
    readRaw: (range) => rowsOf(raw(SELECT_RAW, rawParameters(range))),
    close: () => promised.end(),
  };
};
