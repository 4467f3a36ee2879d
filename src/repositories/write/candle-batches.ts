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

/**
 * One candle for each key, in the order of the key. If a key occurs twice, the last wins; with `'unless-closed'`, the
 * last closed one where there is one.
 */
export function dedupeCandles(
  candles: readonly CheckedCandle[],
  forceUpdate: ForceUpdate,
): Generator<void, CheckedCandle[]> {
  return dedupeByKey(
    candles,
    KEY,
    (next, previous) => forceUpdate !== 'unless-closed' || next.closed || !previous.closed,
  );
}

/** About what a candle takes in memory: its texts, and a fixed size for objects and dates. */
export function bytesOfCandle(candle: CheckedCandle): number {
  let bytes = BYTES_PER_CANDLE;
  for (const field in candle) {
    const value = candle[field as keyof CheckedCandle];
    if (typeof value === 'string') {
      bytes += value.length;
    }
  }
  return bytes;
}

/** The outcome of a candle, as a line of the log. */
export function candleMessage({ symbol, timeframe, startTime }: CheckedCandle, outcome: Outcome): string {
  return `stored candle ${printableName(symbol)} ${timeframe} ${startTime.toISOString()}: ${outcome}`;
}
