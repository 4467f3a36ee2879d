import type { BotInput, CandleInput, MarketDataPoint } from '../../src/index.ts';

/** 2024-01-01T00:00:00Z, in milliseconds. */
export const NEW_YEAR = Date.UTC(2024, 0, 1);
export const MINUTE = 60_000;

/** A range that holds every sample. */
export const ALWAYS = { startTime: 0, endTime: '2100-01-01T00:00:00Z' } as const;

/** A candle of okx BTC-USDT 1m: the `minute`th of 2024. */
export function candle(minute = 0, changes: Partial<CandleInput> = {}): CandleInput {
  return {
    symbol: 'BTC-USDT',
    timeframe: '1m',
    startTime: NEW_YEAR + minute * MINUTE,
    open: '42000.1',
    high: '42010',
    low: '41990.5',
    close: '42005',
    volume: '12.5',
    tradeCount: 7,
    closed: true,
    ...changes,
  };
}

/** The series of {@link candle}. */
export const SERIES = { symbol: 'BTC-USDT', timeframe: '1m' } as const;

/** A trade of okx BTC-USDT. */
export function point(index = 0, changes: Partial<MarketDataPoint> = {}): MarketDataPoint {
  return {
    symbol: 'BTC-USDT',
    dataType: 'trade',
    timestamp: NEW_YEAR + index,
    sourceId: `trade-${index}`,
    payload: `{"px":"42000.1", "sz":"0.5", "n":${index}}`,
    ...changes,
  };
}

/** A bot. */
export function bot(changes: Partial<BotInput> = {}): BotInput {
  return {
    name: 'grid-1',
    strategyName: 'grid',
    symbol: 'BTC-USDT',
    timeframe: '5m',
    virtualBalance: '1000',
    ...changes,
  };
}
