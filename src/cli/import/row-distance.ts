import type { Timeframe } from '../../index.ts';
import { LATEST_MS } from '../../time/instant.ts';
import { TIMEFRAMES, timeframeMs } from '../../time/timeframe.ts';
import { usageError } from '../cli-error.ts';

// earlier, and it is a time in seconds; later, in microseconds: those rows are rejected one by one
const EARLIEST_MS = 100_000_000_000;

/**
 * Refuses rows that stand closer together than their timeframe is long. A row does not say how long its
 * candle is, so rows of a minute that start a whole hour would be stored as candles of an hour.
 *
 * @param starts milliseconds since 1970, in any order and with repetitions
 * @throws CliError that names the distance and the timeframe
 */
export function requireDistance(name: string, starts: readonly number[], timeframe: Timeframe): void {
  const length = timeframeMs(timeframe);
  const distance = smallestDistance(starts);
  // how long a month is depends on the month
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
