import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { CandleInput } from '../../src/index.ts';
import { MINUTE, NEW_YEAR } from '../support/samples.ts';

/** A version of a candle, from which all of its fields follow. */
export interface Version {
  readonly symbol: string;
  readonly minute: number;
  readonly version: number;
  readonly closed: boolean;
}

/** What is stored and what must be, compared. */
export interface Balance {
  readonly rows: number;
  readonly stored: number;
  readonly duplicated: number;
  readonly lost: number;
  /** Those of the lost that hold an earlier version than was acknowledged last: a write was overtaken. */
  readonly replaced: number;
  /** Some of the rows that are not as they must be. */
  readonly missing: readonly string[];
}

const SHOWN = 5;

export function candleOf({ symbol, minute, version, closed }: Version): CandleInput {
  return {
    symbol,
    timeframe: '1m',
    startTime: NEW_YEAR + minute * MINUTE,
    open: '5000.25',
    high: '1000000',
    low: '0.000000000000000001',
    close: closeOf(minute, version),
    volume: `${version}.5`,
    tradeCount: version,
    closed,
  };
}

function closeOf(minute: number, version: number): string {
  return `${1_000 + (minute % 9_000)}.${String(version).padStart(18, '0')}`;
}

/** Keeps account of what was acknowledged, and holds it against what is stored. */
export class Account {
  acknowledged = 0;
  readonly #candles = new Map<string, Version>();
  readonly #messages = new Set<string>();

  /** A candle was acknowledged: from now on this version of it, or a later one, must be there. */
  candle(version: Version): void {
    this.acknowledged += 1;
    this.#candles.set(keyOf(version.symbol, version.minute), version);
  }

  /** It is not known which version of a candle is stored: its write failed. */
  forget({ symbol, minute }: Version): void {
    this.#candles.delete(keyOf(symbol, minute));
  }

  /** A raw message was acknowledged. Every message is another, so it must be there once. */
  message(payload: string): void {
    this.acknowledged += 1;
    this.#messages.add(payload);
  }

  /** Compares with the tables themselves, past the library and past the proxy. */
  async balance(url: string): Promise<Balance> {
    const connection = await createConnection({ uri: url.replace(/^mariadb:/, 'mysql:'), dateStrings: true });
    try {
      const candles = await this.#candleFaults(connection);
      const messages = await this.#messageFaults(connection);
      const faults = [...candles.faults, ...messages.faults];
      const rows = this.#candles.size + this.#messages.size;
      return {
        rows,
        stored: rows - faults.length,
        duplicated: candles.duplicated + messages.duplicated,
        lost: faults.length,
        replaced: candles.replaced,
        missing: faults.slice(0, SHOWN),
      };
    } finally {
      await connection.end();
    }
  }

  async #candleFaults(connection: Connection) {
    const [rows] = await connection.query<RowDataPacket[]>(
      'select concat_ws(?, symbol, timestampdiff(minute, ?, start_time)) as name, ' +
        'concat_ws(?, close, volume, trade_count, closed) as fields from market_data',
      ['|', '2024-01-01', '|'],
    );
    const stored = new Map(rows.map(({ name, fields }) => [String(name), String(fields)]));
    let replaced = 0;
    const faults = [...this.#candles].flatMap(([key, version]) => {
      const expected = fieldsOf(version);
      const found = stored.get(key);
      // the third field is the version itself
      replaced += Number(found?.split('|')[2]) < version.version ? 1 : 0;
      return found === expected ? [] : [`${key}: expected ${expected}, found ${found ?? 'nothing'}`];
    });
    return { faults, replaced, duplicated: rows.length - stored.size };
  }

  async #messageFaults(connection: Connection) {
    const [rows] = await connection.query<RowDataPacket[]>(
      'select raw_data as payload, count(*) as times from raw_trades group by raw_data',
    );
    const stored = new Set(rows.map(({ payload }) => String(payload)));
    return {
      faults: [...this.#messages].filter((payload) => !stored.has(payload)),
      duplicated: rows.reduce((sum, { times }) => sum + Number(times) - 1, 0),
    };
  }
}

function keyOf(symbol: string, minute: number): string {
  return `${symbol}|${minute}`;
}

function fieldsOf({ minute, version, closed }: Version): string {
  return [closeOf(minute, version), `${version}.5${'0'.repeat(17)}`, version, closed ? 1 : 0].join('|');
}
