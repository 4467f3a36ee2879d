/** Every timeframe a candle can have. Calendar units are in UTC and weeks start on Monday. */
export const TIMEFRAMES = [
  '1s',
  '5s',
  '10s',
  '15s',
  '30s',
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '3d',
  '1w',
  '1M',
] as const;

/** One of {@link TIMEFRAMES}: `1s` to `30s`, `1m` to `30m`, `1h` to `12h`, `1d`, `3d`, `1w`, `1M`. */
export type Timeframe = (typeof TIMEFRAMES)[number];

const HOUR_MS = 3_600_000;
const UNIT_MS = { s: 1_000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS } as const;

// The world's zones lie between UTC-12 and UTC+14; exchanges cut their days and months in their own.
const EASTERNMOST_HOURS = 14;
const WESTERNMOST_HOURS = 12;

const LENGTHS_MS: ReadonlyMap<unknown, number | undefined> = new Map(
  TIMEFRAMES.map((timeframe) => [
    timeframe,
    timeframe === '1M'
      ? undefined
      : Number.parseInt(timeframe, 10) * UNIT_MS[timeframe.slice(-1) as keyof typeof UNIT_MS],
  ]),
);

/**
 * True for the text of a timeframe. `1m` is a minute and `1M` a month; `1H` and `60` are none.
 *
 * @example if (isTimeframe(text)) await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: text });
 */
export function isTimeframe(text: unknown): text is Timeframe {
  return LENGTHS_MS.has(text);
}

/** Length in milliseconds; `undefined` for `1M`, whose length depends on the month. */
export function timeframeMs(timeframe: Timeframe): number | undefined {
  return LENGTHS_MS.get(timeframe);
}

/**
 * Where a candle that starts at `startTime` ends (exclusive), or `undefined` when no candle of this
 * timeframe can start there: the start must be a multiple of the timeframe up to `1h`, and a whole hour
 * above it. A month may start at any zone's midnight: 31 January 16:00 UTC is 1 February in UTC+8.
 *
 * @example candleEnd(new Date('2024-02-01T00:00Z'), '1M') // 2024-03-01T00:00:00.000Z
 */
export function candleEnd(startTime: Date, timeframe: Timeframe): Date | undefined {
  const end = candleEndMs(startTime.getTime(), timeframe);
  return end === undefined ? undefined : new Date(end);
}

/** {@link candleEnd} of times in milliseconds since 1970. */
export function candleEndMs(start: number, timeframe: Timeframe): number | undefined {
  const length = timeframeMs(timeframe);
  if (start % Math.min(length ?? HOUR_MS, HOUR_MS) !== 0) {
    return undefined;
  }
  return length === undefined ? monthEnd(start) : start + length;
}

function monthEnd(start: number): number | undefined {
  for (let offset = -WESTERNMOST_HOURS; offset <= EASTERNMOST_HOURS; offset += 1) {
    const local = new Date(start + offset * HOUR_MS);
    if (local.getUTCDate() === 1 && local.getUTCHours() === 0) {
      const next = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1);
      return next - offset * HOUR_MS;
    }
  }
  return undefined;
}
