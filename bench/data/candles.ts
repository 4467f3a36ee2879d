import { randomAt } from './random.ts';
import type { CandleRange, Series } from './ranges.ts';
import type { Candle } from './rows.ts';

const MINUTE_MS = 60_000;
const FIRST_MINUTE_MS = Date.UTC(2014, 0, 1);
const EXCHANGE = 'okx';

/** Candles of several series in live order: every series' first minute, then every series' second, and so on. */
export interface CandleSet {
  readonly series: number;
  /** Starts at another series than the first, for a plan with the rows of one series only. */
  readonly firstSeries?: number;
  readonly minutes: number;
  readonly firstMinute?: number;
  /** Another number gives the same keys other prices. */
  readonly edition: number;
  /** Only every second key, as when half of a batch is stored already. */
  readonly half?: boolean;
}

export function* candlesOf(set: CandleSet): Generator<Candle, void, undefined> {
  const { series, firstSeries = 0, minutes, firstMinute = 0, edition, half = false } = set;
  for (let minute = firstMinute; minute < firstMinute + minutes; minute += 1) {
    for (let index = firstSeries; index < firstSeries + series; index += 1) {
      if (!half || (minute + index) % 2 === 0) {
        yield candleAt(index, minute, edition);
      }
    }
  }
}

export function candleAt(series: number, minute: number, edition: number): Candle {
  const decimals = decimalsOf(series);
  const open = priceAt(series, minute, edition);
  const close = priceAt(series, minute + 1, edition);
  const spread = Math.round(Math.min(open, close) * 0.001 * randomAt(edition + 1, series, minute));
  const startMs = FIRST_MINUTE_MS + minute * MINUTE_MS;
  return {
    ...seriesAt(series),
    startTime: new Date(startMs),
    endTime: new Date(startMs + MINUTE_MS),
    open: decimalText(open, decimals),
    high: decimalText(Math.max(open, close) + spread, decimals),
    low: decimalText(Math.min(open, close) - spread, decimals),
    close: decimalText(close, decimals),
    volume: decimalText(Math.floor(randomAt(edition + 2, series, minute) * 5e10), 8),
    tradeCount: Math.floor(randomAt(edition + 3, series, minute) * 2_000),
    closed: true,
  };
}

export function seriesAt(index: number): Series {
  return { exchange: EXCHANGE, symbol: `C${String(index).padStart(3, '0')}-USDT`, timeframe: '1m', priceType: 'trade' };
}

export function rangeAt(series: number, firstMinute: number, minutes: number): CandleRange {
  return {
    ...seriesAt(series),
    startTime: new Date(FIRST_MINUTE_MS + firstMinute * MINUTE_MS),
    endTime: new Date(FIRST_MINUTE_MS + (firstMinute + minutes) * MINUTE_MS),
  };
}

export function rowsIn({ series, minutes, half = false }: CandleSet): number {
  return half ? (series * minutes) / 2 : series * minutes;
}

// exchanges quote expensive coins in few decimals and cheap ones in up to eight
function decimalsOf(series: number): number {
  return 1 + (series % 8);
}

// in units of the last decimal: a slow wave, and noise on it
function priceAt(series: number, minute: number, edition: number): number {
  const base = 400_000 + ((series * 37) % 50) * 9_000;
  return Math.round(
    base * (1 + 0.2 * Math.sin(minute / 3_000 + series) + 0.002 * (randomAt(edition, series, minute) - 0.5)),
  );
}

function decimalText(units: number, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
