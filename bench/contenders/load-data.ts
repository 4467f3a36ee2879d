import { Readable } from 'node:stream';
import { createConnection, type QueryOptions } from 'mysql2/promise';
import type { OpenContender } from '../contender.ts';
import { databaseTime } from '../data/digest.ts';
import { candleLine, LOAD_RAW, loadCandlesStatement, rawLine } from '../data/load-data.ts';

export const how = 'LOAD DATA LOCAL … REPLACE of each batch, by mysql2';

const LOAD_CANDLES = loadCandlesStatement(true);

export const open: OpenContender = async ({ host, port, user, database }) => {
  const connection = await createConnection({ host, port, user, database, timezone: 'Z' });
  const load = (sql: string, text: string) => {
    const options: QueryOptions = { sql, infileStreamFactory: () => Readable.from([Buffer.from(text)]) };
    return connection.query(options);
  };
  return {
    upsertBatch: (candles) => {
      const updatedAt = databaseTime(new Date());
      return load(LOAD_CANDLES, candles.map((candle) => candleLine(candle, updatedAt)).join(''));
    },
    insertRaw: (points) => load(LOAD_RAW, points.map(rawLine).join('')),
    close: () => connection.end(),
  };
};
