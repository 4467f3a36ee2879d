import { expect, test } from '@jest/globals';
import { renderCandles } from '../../src/cli/start/last-candles.ts';

const START = new Date('2025-01-01T00:00:00Z');
const candle = (open: string) => ({
  exchange: 'synthetic',
  symbol: 'BTC-USDT',
  timeframe: '1m' as const,
  priceType: 'trade' as const,
  startTime: START,
  endTime: new Date(START.getTime() + 60_000),
  open,
  high: '9',
  low: '1',
  close: '2',
  volume: '5',
  quoteVolume: null,
  takerBuyVolume: null,
  takerBuyQuoteVolume: null,
  openInterest: null,
  tradeCount: null,
  closed: true,
  updatedAt: START,
});

test('the last candles show their exchange where there is room for it', () => {
  expect(renderCandles([candle('1.5')])).toContain('\nsynthetic BTC-USDT 1m  2025');
  expect(renderCandles([candle(`1.${'5'.repeat(18)}1234567890`)])).toContain('\nBTC-USDT 1m  2025');
});
