import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** One candle as its rows leave it: the last row counts, but none that is open after one that is closed. */
export interface RecordedCandle {
  readonly symbol: string;
  readonly timeframe: string;
  readonly startMs: number;
  /** open, high, low, close, volume, as they came. */
  readonly values: readonly string[];
  /** What the exchange says of it, where it does. */
  readonly closed: boolean | undefined;
}

/** What a capture holds. */
export interface Recording {
  readonly exchange: string;
  /** The exact text of each data message. */
  readonly messages: readonly string[];
  readonly trades: number;
  readonly candleRows: number;
  readonly candles: ReadonlyMap<string, RecordedCandle>;
}

interface Message {
  readonly arg?: { readonly channel: string; readonly instId: string };
  readonly data?: readonly unknown[];
}

/**
 * Reads a capture independently of the library's own reader, to compare with what that one stored: a line
 * is `wss://…`, or the time of reception, a colon and a message.
 */
export function readRecording(path: string): Recording {
  const messages: string[] = [];
  const candles = new Map<string, RecordedCandle>();
  let trades = 0;
  let candleRows = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const text = /^\d+\.\d+: (\{.*\})$/.exec(line)?.[1];
    const { arg, data } = (text === undefined ? {} : JSON.parse(text)) as Message;
    if (text === undefined || arg === undefined || data === undefined) {
      continue;
    }
    messages.push(text);
    trades += /^trades?$/.test(arg.channel) ? data.length : 0;
    if (arg.channel.startsWith('candle')) {
      candleRows += data.length;
      for (const row of data as string[][]) {
        take(candles, arg.instId, arg.channel.slice('candle'.length), row);
      }
    }
  }
  const [exchange = ''] = basename(path).toLowerCase().split('.');
  return { exchange, messages, trades, candleRows, candles };
}

function take(candles: Map<string, RecordedCandle>, symbol: string, timeframe: string, row: readonly string[]): void {
  const [start = '', ...values] = row;
  const closed = row.length === 9 ? row[8] === '1' : undefined;
  const key = `${symbol} ${timeframe} ${start}`;
  if (closed !== false || candles.get(key)?.closed !== true) {
    candles.set(key, { symbol, timeframe, startMs: Number(start), values: values.slice(0, 5), closed });
  }
}
