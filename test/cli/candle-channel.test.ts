import { describe, expect, test } from '@jest/globals';
import { isCandleChannel, priceTypeOfChannel, timeframeOfChannel } from '../../src/cli/replay/data-message.ts';

describe('a channel of candles', () => {
  test.each([
    ['candle1s', '1s'],
    ['candle1m', '1m'],
    ['candle30m', '30m'],
    ['candle1H', '1h'],
    ['candle12H', '12h'],
    ['candle1D', '1d'],
    ['candle1Dutc', '1d'],
    ['candle3Dutc', '3d'],
    ['candle1W', '1w'],
    ['candle1M', '1M'],
    ['candle1Mutc', '1M'],
  ])('%s has the timeframe %s', (channel, timeframe) => {
    expect(timeframeOfChannel(channel)).toBe(timeframe);
  });

  test.each(['candle2D', 'candle5D', 'candle3M', 'candle1Y', 'candle', 'candle1', 'candle0m'])(
    '%s is one, but of no timeframe that is stored',
    (channel) => {
      expect(isCandleChannel(channel)).toBe(true);
      expect(timeframeOfChannel(channel)).toBeUndefined();
    },
  );

  test('the candles of mark prices and indices have channels too, and a price type of their own', () => {
    for (const channel of ['mark-price-candle1m', 'index-candle1m']) {
      expect(isCandleChannel(channel)).toBe(true);
      expect(timeframeOfChannel(channel)).toBe('1m');
    }
    expect(isCandleChannel('sprd-candle1m')).toBe(false);
    expect(priceTypeOfChannel('mark-price-candle1m')).toBe('mark');
    expect(priceTypeOfChannel('index-candle1m')).toBe('index');
    expect(priceTypeOfChannel('candle1m')).toBe('trade');
  });
});
