import { randomAt } from './random.ts';
import type { RawRange } from './ranges.ts';
import type { RawPoint } from './rows.ts';

const EXCHANGE = 'okx';
const FIRST_MS = Date.UTC(2024, 0, 1);
const STEP_MS = 250;
const FIRST_TRADE = 130_639_474;

/** Trades of several symbols in the order of arrival. */
export interface RawSet {
  readonly symbols: number;
  /** Trades of each symbol. */
  readonly trades: number;
}

export function* rawPointsOf({ symbols, trades }: RawSet): Generator<RawPoint, void, undefined> {
  for (let trade = 0; trade < trades; trade += 1) {
    for (let symbol = 0; symbol < symbols; symbol += 1) {
      yield rawPointAt(symbol, trade);
    }
  }
}

export function rawRangeAt(symbol: number, trades: number): RawRange {
  return {
    exchange: EXCHANGE,
    symbol: symbolAt(symbol),
    dataType: 'trade',
    startTime: new Date(FIRST_MS),
    endTime: new Date(FIRST_MS + trades * STEP_MS),
  };
}

function rawPointAt(symbol: number, trade: number): RawPoint {
  const timestampMs = FIRST_MS + trade * STEP_MS;
  const sourceId = String(FIRST_TRADE + trade);
  const price = (42_000 + 100 * randomAt(1, symbol, trade)).toFixed(2);
  const size = (5 * randomAt(2, symbol, trade)).toFixed(8);
  const side = randomAt(3, symbol, trade) < 0.5 ? 'buy' : 'sell';
  const instId = symbolAt(symbol);
  return {
    exchange: EXCHANGE,
    symbol: instId,
    dataType: 'trade',
    timestamp: new Date(timestampMs),
    sourceId,
    receivedAt: new Date(timestampMs + 12),
    rawData: JSON.stringify({
      instId,
      tradeId: sourceId,
      px: price,
      sz: size,
      side,
      ts: String(timestampMs),
      count: '1',
    }),
  };
}

function symbolAt(symbol: number): string {
  return `C${String(symbol).padStart(3, '0')}-USDT`;
}
