import type { CandleInput } from '../../src/index.ts';
import { TIMEFRAMES } from '../../src/index.ts';
import { candleEnd } from '../../src/time/timeframe.ts';
import type { Chooser } from './chooser.ts';
import { bend } from './odd-objects.ts';

const HOUR_MS = 3_600_000;
const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;
// without updatedAt, which is ignored
const FIELDS = [
  ...['exchange', 'symbol', 'timeframe', 'startTime', 'endTime', 'open', 'high', 'low', 'close', 'volume'],
  ...['tradeCount', 'closed'],
];
const NAMES = ['BTC-USDT', 'okx', 'a b', '币安', '🚀', 'NULL', '\\N', "it's", 'a\u0001b', 'x'.repeat(32)];

/** A valid candle near a time: by every field that is there in one of its plain forms. */
export function plainInput(chooser: Chooser, near: number): CandleInput {
  const timeframe = chooser.of(TIMEFRAMES);
  const startTime = startOf(timeframe, near, chooser);
  const [low = 0, a = 0, b = 0, high = 0] = Array.from({ length: 4 }, () => chooser.below(100_000)).sort(
    (x, y) => x - y,
  );
  const [open, close] = chooser.percent(50) ? [a, b] : [b, a];
  return {
    ...(chooser.percent(50) ? { exchange: chooser.of(NAMES) } : {}),
    symbol: chooser.of(NAMES),
    timeframe,
    startTime: chooser.of([startTime, startTime.getTime(), startTime.toISOString()]),
    ...(chooser.percent(30) ? { endTime: candleEnd(startTime, timeframe) } : {}),
    open: price(open, chooser),
    high: price(high, chooser),
    low: price(low, chooser),
    close: price(close, chooser),
    volume: price(chooser.below(1_000), chooser),
    ...(chooser.percent(50) ? { tradeCount: chooser.of([null, undefined, 0, 7, 4_294_967_295]) } : {}),
    ...(chooser.percent(50) ? { closed: chooser.of([true, false, undefined]) } : {}),
    ...(chooser.percent(20) ? { updatedAt: chooser.of([startTime, 'whatever', null]) } : {}),
  };
}

/** A valid candle in odd notations, now and then one whose fields do not fit each other. */
export function oddInput(chooser: Chooser, near: number): Record<string, unknown> {
  const candle = { ...plainInput(chooser, near) } as Record<string, unknown>;
  for (const field of PRICES) {
    candle[field] = inAnotherNotation(candle[field] as string | number, chooser);
  }
  if (chooser.percent(10)) {
    const field = chooser.of(PRICES);
    candle[field] = `-${candle[field]}`;
  }
  if (chooser.percent(10)) {
    const off = chooser.of([1, 1_000, 60_000, HOUR_MS, 12 * HOUR_MS]);
    candle['startTime'] = new Date(new Date(candle['startTime'] as string).getTime() + off);
  }
  if (chooser.percent(20)) {
    candle['startTime'] = inAnotherZone(new Date(candle['startTime'] as string), chooser);
  }
  return candle;
}

/** A candle that mostly has one or two faults. */
export function bentInput(chooser: Chooser, near: number): unknown {
  const once = bend(oddInput(chooser, near), FIELDS, chooser);
  try {
    return typeof once === 'object' && once !== null && chooser.percent(30)
      ? bend(once as Record<string, unknown>, FIELDS, chooser)
      : once;
  } catch {
    // it cannot be read any more
    return once;
  }
}

function startOf(timeframe: (typeof TIMEFRAMES)[number], near: number, chooser: Chooser): Date {
  if (timeframe === '1M') {
    // a month begins at midnight of the exchange's zone
    return new Date(Date.UTC(2023, chooser.below(24), 1) + (chooser.below(27) - 14) * HOUR_MS);
  }
  const unit = { s: 1_000, m: 60_000 }[timeframe.slice(-1)];
  const step = unit === undefined ? HOUR_MS : unit * Number.parseInt(timeframe, 10);
  return new Date((Math.floor(near / step) + chooser.below(200) - 150) * step);
}

function price(tenths: number, chooser: Chooser): string | number {
  return chooser.percent(50) ? String(tenths / 10) : tenths / 10;
}

function inAnotherNotation(value: string | number, chooser: Chooser): string | number {
  return chooser.of([value, `0${value}`, `${value}e0`, `${Number(value) * 10}e-1`, `${Number(value) / 10}E+1`]);
}

function inAnotherZone(time: Date, chooser: Chooser): string {
  const hours = chooser.below(29) - 14;
  const sign = hours < 0 ? '-' : '+';
  const local = new Date(time.getTime() + hours * HOUR_MS).toISOString().slice(0, -1);
  return `${local}${sign}${String(Math.abs(hours)).padStart(2, '0')}:00`;
}
