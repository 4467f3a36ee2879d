import type { Timeframe } from '../../index.ts';
import { LATEST_MS } from '../../time/instant.ts';
import { TIMEFRAMES, timeframeMs } from '../../time/timeframe.ts';
import { usageError } from '../cli-error.ts';

// an earlier time is in seconds, a later one in microseconds; those rows are rejected one by one
const EARLIEST_MS = 100_000_000_000;

/**
 * Refuses rows that are closer together than the length of their timeframe. A row does not say how long its candle is,
 * so candles of a minute that start at a full hour would be stored as candles of an hour.
 *
 * @param starts milliseconds since 1970, in any order and with repetitions
 * @throws CliError that names the distance and the timeframe
 */
export function requireDistance(name: string, starts: readonly number[], timeframe: Timeframe): void {
  const length = timeframeMs(timeframe);
  const distance = smallestDistance(starts);
  // months differ in length
  if (length !== undefined && distance < length) {
    throw usageError(`${name}: the rows are ${written(distance)} apart; is --timeframe ${timeframe} right?`);
  }
}

function smallestDistance(starts: readonly number[]): number {
  const sorted = starts.filter((start) => start >= EARLIEST_MS && start <= LATEST_MS).sort((a, b) => a - b);
  let smallest = Number.POSITIVE_INFINITY;
  let previous = Number.NEGATIVE_INFINITY;
  for (const start of sorted) {
    if (start > previous) {
      smallest = Math.min(smallest, start - previous);
    }
    previous = start;
  }
  return smallest;
}

function written(ms: number): string {
  return TIMEFRAMES.find((timeframe) => timeframeMs(timeframe) === ms) ?? `${ms / 1000} s`;
}
