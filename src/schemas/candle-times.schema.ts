import { z } from 'zod';
import { LATEST_MS } from '../time/instant.ts';
import { candleEnd as endOf, timeframeMs as lengthOf, type Timeframe } from '../time/timeframe.ts';
import { startRule } from './candle.schema.ts';
import { parse } from './parse.ts';
import { type InstantInput, instant, type TimeframeInput, timeframe as timeframeSchema } from './primitives.ts';

const candleEndSchema = z
  .object({ startTime: instant, timeframe: timeframeSchema })
  .transform(({ startTime, timeframe }, context): Date => {
    const end = endOf(startTime, timeframe);
    if (end !== undefined && end.getTime() <= LATEST_MS) {
      return end;
    }
    const message = end === undefined ? startRule(timeframe) : 'a start whose candle ends before the year 10000';
    context.issues.push({ code: 'custom', path: ['startTime'], message, input: startTime });
    return z.NEVER;
  });

/**
 * How long a candle of a timeframe is, in milliseconds. A month has no fixed length: for `1M` it is `undefined`, and
 * `candleEnd()` knows the end of each.
 *
 * @example timeframeMs('1h') // 3_600_000
 * @throws InvalidInputError when it is no timeframe
 */
export function timeframeMs(timeframe: Exclude<Timeframe, '1M'>): number;
export function timeframeMs(timeframe: TimeframeInput): number | undefined;
export function timeframeMs(timeframe: TimeframeInput): number | undefined {
  return lengthOf(parse('timeframeMs', timeframeSchema, timeframe));
}

/**
 * When a candle ends, exclusive: where the next one starts. A candle of up to `1h` starts at a multiple of its timeframe;
 * a longer one at any whole hour, since exchanges cut days and weeks in zones of their own, and ends one timeframe later.
 * A month starts at midnight of the first, in UTC or in a zone that is whole hours away, and ends where the next month
 * of that zone begins. These are the rules for candles that are stored.
 *
 * @example
 * ```ts
 * candleEnd('2024-01-01T00:00Z', '1w');           // 2024-01-08T00:00:00.000Z
 * candleEnd(Date.UTC(2024, 1, 1), '1M');          // 2024-03-01T00:00:00.000Z, a February of 29 days
 * candleEnd(new Date('2024-01-31T16:00Z'), '1M'); // 2024-02-29T16:00:00.000Z, the February of UTC+8
 * ```
 *
 * @param startTime a `Date`, epoch milliseconds, or ISO 8601 text with a zone
 * @throws InvalidInputError when it is no instant, or no timeframe, or no candle of the timeframe can start then
 */
export function candleEnd(startTime: InstantInput, timeframe: TimeframeInput): Date {
  return parse('candleEnd', candleEndSchema, { startTime, timeframe });
}
