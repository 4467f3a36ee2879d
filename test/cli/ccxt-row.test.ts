import { describe, expect, test } from '@jest/globals';
import { parseExact } from '../../src/cli/exact-json.ts';
import { parseCcxtRow } from '../../src/cli/import/ccxt-json.ts';

const series = { exchange: 'okx', symbol: 'BTC-USDT', timeframe: '1h', priceType: 'trade' } as const;

describe('a row of ccxt', () => {
  test('keeps its digits', () => {
    expect(parseCcxtRow(parseExact('[1704067200000.0,0.123456789012345678,2,"0.1",1,1e-7]'), series)).toEqual({
      candle: {
        ...series,
        startTime: 1704067200000,
        open: '0.123456789012345678',
        high: '2',
        low: '0.1',
        close: '1',
        volume: '1e-7',
      },
    });
  });

  test.each(['7', '{}', '[1704067200000,1,1,1,1]', '["soon",1,1,1,1,1]', '[1704067200000.5,1,1,1,1,1]'])(
    '%s is refused with a reason',
    (text) => {
      expect(parseCcxtRow(parseExact(text), series)).toEqual({ fault: expect.stringContaining('received') });
    },
  );
});
