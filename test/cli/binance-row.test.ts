import { describe, expect, test } from '@jest/globals';
import { isHeader, parseBinanceRow } from '../../src/cli/import/binance-row.ts';
import { seriesOfFileName } from '../../src/cli/import/import-plan.ts';

const series = { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1m', priceType: 'trade' } as const;
const row = (openTime: string, closeTime: string, count = '7') => [
  openTime,
  '42000.10000000',
  '42100',
  '41900',
  '42050',
  '1.5',
  closeTime,
  '63000',
  count,
  '0.7',
  '29000',
  '0',
];

describe("a row of Binance's public candles", () => {
  const candle = {
    ...series,
    startTime: 1735689600000,
    open: '42000.10000000',
    high: '42100',
    low: '41900',
    close: '42050',
    volume: '1.5',
    quoteVolume: '63000',
    takerBuyVolume: '0.7',
    takerBuyQuoteVolume: '29000',
    tradeCount: 7,
  };

  test('is read with times in milliseconds', () => {
    expect(parseBinanceRow(row('1735689600000', '1735689659999'), series)).toEqual({ candle });
  });

  test('does not know a volume that is empty, nor any of other prices than those of trades', () => {
    const fields = row('1735689600000', '1735689659999').with(7, '').with(9, '').with(10, '');
    expect(parseBinanceRow(fields, series)).toMatchObject({
      candle: { quoteVolume: null, takerBuyVolume: null, takerBuyQuoteVolume: null, tradeCount: 7 },
    });
    const mark = parseBinanceRow(row('1735689600000', '1735689659999'), { ...series, priceType: 'mark' });
    expect(mark).toHaveProperty('candle.priceType', 'mark');
    expect(mark).not.toHaveProperty('candle.quoteVolume');
    expect(mark).not.toHaveProperty('candle.tradeCount');
  });

  test('is read with times in microseconds', () => {
    expect(parseBinanceRow(row('1735689600000000', '1735689659999999'), series)).toEqual({ candle });
  });

  test('is refused when its microseconds are no whole millisecond', () => {
    expect(parseBinanceRow(row('1735689600000001', '1735689659999999'), series)).toEqual({
      fault: expect.stringContaining('open_time: expected a whole millisecond'),
    });
  });

  test('is refused when it ends where another timeframe does', () => {
    expect(parseBinanceRow(row('1735689600000', '1735689899999'), series)).toEqual({
      fault: expect.stringContaining('close_time: expected the last moment of 1m'),
    });
  });

  test('of a month ends where that month does', () => {
    const february = row('1706745600000', '1709251199999');
    expect(parseBinanceRow(february, { ...series, timeframe: '1M' })).toHaveProperty('candle');
    expect(parseBinanceRow(row('1706745600000', '1709423999999'), { ...series, timeframe: '1M' })).toHaveProperty(
      'fault',
    );
  });

  test.each([
    ['a missing column', row('1735689600000', '1735689659999').slice(1), 'columns'],
    ['a time that is none', row('soon', '1735689659999'), 'open_time'],
    ['a count that is none', row('1735689600000', '1735689659999', '1.5'), 'count'],
  ])('is refused for %s', (_what, fields, reason) => {
    expect(parseBinanceRow(fields, series)).toEqual({ fault: expect.stringContaining(reason) });
  });

  test('is recognised by the header', () => {
    expect(isHeader(['open_time', 'open'])).toBe(true);
    expect(isHeader(['1735689600000', '1'])).toBe(false);
  });
});

describe("the name of a file of Binance's public data", () => {
  test.each([
    ['BTCUSDT-1m-2025-01.csv', { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1m', priceType: 'trade' }],
    [
      '/data/ETHUSDT-4h-2024-02-29.csv',
      { exchange: 'binance', symbol: 'ETHUSDT', timeframe: '4h', priceType: 'trade' },
    ],
    ['BTCUSDT-1mo-2024-02.csv', { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1M', priceType: 'trade' }],
    ['BTCUSD_PERP-1d-2024-02.csv', { exchange: 'binance', symbol: 'BTCUSD_PERP', timeframe: '1d', priceType: 'trade' }],
    [
      'data/futures/um/monthly/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-02.csv',
      { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1h', priceType: 'mark' },
    ],
    [
      'premiumIndexKlines/BTCUSDT-1h-2024-02.csv',
      { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1h', priceType: 'premium' },
    ],
    ['BTCUSDT-7m-2025-01.csv', undefined],
    ['candles.csv', undefined],
  ])('%s means %j', (path, expected) => {
    expect(seriesOfFileName(path)).toEqual(expected);
  });
});
