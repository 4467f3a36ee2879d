import type { CheckedCandle } from '../../schemas/candle.schema.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';
import { printableName } from '../../text/printable.ts';
import { dedupeByKey, type RowKey } from './dedupe-by-key.ts';
import type { Outcome } from './write-result.ts';

const BYTES_PER_CANDLE = 160;

const KEY: RowKey<CheckedCandle> = {
  names: ['exchange', 'symbol', 'timeframe'],
  compare: (a, b) => a.startTime.getTime() - b.startTime.getTime(),
};

/** The candles of a batch, those that another of it replaces left out; in the order of the key, in turns. */
export function distinctCandles(
  candles: readonly CheckedCandle[],
  forceUpdate: ForceUpdate,
): Generator<void, CheckedCandle[]> {
  return dedupeByKey(
    candles,
    KEY,
    (next, previous) => forceUpdate !== 'unless-closed' || next.closed || !previous.closed,
  );
}

/** About what a candle takes in memory: its names and decimals, and as much again for objects and dates. */
export function bytesOfCandle({ exchange, symbol, open, high, low, close, volume }: CheckedCandle): number {
  const letters =
    exchange.length + symbol.length + open.length + high.length + low.length + close.length + volume.length;
  return BYTES_PER_CANDLE + letters;
}

/** What became of a candle, in a line of the log. */
export function saidOfCandle({ symbol, timeframe, startTime }: CheckedCandle, outcome: Outcome): string {
  return `stored candle ${printableName(symbol)} ${timeframe} ${startTime.toISOString()}: ${outcome}`;
}
