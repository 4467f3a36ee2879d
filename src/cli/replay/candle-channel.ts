import type { Timeframe } from '../../index.ts';
import { isTimeframe } from '../../time/timeframe.ts';

// OKX starts days in Hong Kong time, and in UTC if the name ends with utc. The starts differ, so both can be stored
// under the same timeframe.
const CHANNEL = /^candle(\d{1,2})([smhdwMHDW])(?:utc)?$/;

/** True for a candle channel. */
export function isCandleChannel(channel: string): boolean {
  return channel.startsWith('candle');
}

/**
 * The timeframe of a candle channel.
 *
 * @example timeframeOfChannel('candle1H') // '1h'
 * @example timeframeOfChannel('candle1M') // '1M': a month, while candle1m is a minute
 * @returns `undefined` if it is not a timeframe of this library
 */
export function timeframeOfChannel(channel: string): Timeframe | undefined {
  const [, length, unit] = CHANNEL.exec(channel) ?? [];
  const written = `${length}${unit === 'M' ? 'M' : unit?.toLowerCase()}`;
  return isTimeframe(written) ? written : undefined;
}
