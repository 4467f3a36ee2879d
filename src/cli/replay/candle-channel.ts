import type { Timeframe } from '../../index.ts';
import { isTimeframe } from '../../time/timeframe.ts';

// OKX cuts days in Hong Kong time and, where the name ends in utc, in UTC; the candles start at other
// times, so both are candles of one timeframe
const CHANNEL = /^candle(\d{1,2})([smhdwMHDW])(?:utc)?$/;

/** True for a channel of candles. */
export function isCandleChannel(channel: string): boolean {
  return channel.startsWith('candle');
}

/**
 * The timeframe of a channel of candles.
 *
 * @example timeframeOfChannel('candle1H') // '1h'
 * @example timeframeOfChannel('candle1M') // '1M': a month, while candle1m is a minute
 * @returns `undefined` where a candle here cannot have it
 */
export function timeframeOfChannel(channel: string): Timeframe | undefined {
  const [, length, unit] = CHANNEL.exec(channel) ?? [];
  const written = `${length}${unit === 'M' ? 'M' : unit?.toLowerCase()}`;
  return isTimeframe(written) ? written : undefined;
}
