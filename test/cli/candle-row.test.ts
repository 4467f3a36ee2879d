import { describe, expect, test } from '@jest/globals';
import { readCandleRow } from '../../src/cli/replay/candle-row.ts';

const START = 1685221620000;
const context = {
  exchange: 'okx',
  symbol: 'BTC-USDT',
  timeframe: '1m',
  priceType: 'trade',
  receivedMs: START + 30_000,
} as const;
const prices = [String(START), '1', '2', '0.5', '1.50', '10'];

describe('a candle row of a capture', () => {
  test('keeps its prices as text and starts at its own time', () => {
    expect(readCandleRow(prices, context)).toEqual({
      candle: {
        exchange: 'okx',
        symbol: 'BTC-USDT',
        timeframe: '1m',
        priceType: 'trade',
        startTime: START,
        open: '1',
        high: '2',
        low: '0.5',
        close: '1.50',
        volume: '10',
        quoteVolume: null,
        closed: false,
      },
    });
  });

  test('is closed when confirm is 1, although its interval has not ended', () => {
    expect(readCandleRow([...prices, '5', '6', '1'], context)).toMatchObject({ candle: { closed: true } });
  });

  test('is open when confirm is 0, although its interval has ended', () => {
    const late = { ...context, receivedMs: START + 90_000 };
    expect(readCandleRow([...prices, '5', '6', '0'], late)).toMatchObject({ candle: { closed: false } });
  });

  test.each([
    [59_999, false],
    [60_000, true],
  ])('without confirm is closed from the end of its interval on: %d ms', (elapsed, closed) => {
    const received = { ...context, receivedMs: START + elapsed };
    expect(readCandleRow(prices, received)).toMatchObject({ candle: { closed } });
    expect(readCandleRow([...prices, '5'], received)).toMatchObject({ candle: { closed } });
  });

  test('of a contract has its volume in the base currency, not in contracts', () => {
    const row = [...prices, '0.1', '27000', '1'];
    expect(readCandleRow(row, { ...context, symbol: 'BTC-USDT-SWAP' })).toMatchObject({ candle: { volume: '0.1' } });
    expect(readCandleRow(row, { ...context, symbol: 'BTC-USD-220527' })).toMatchObject({ candle: { volume: '0.1' } });
    expect(readCandleRow(row, context)).toMatchObject({ candle: { volume: '10' } });
  });

  test('has its volume in the quote currency where OKX sends it', () => {
    expect(readCandleRow([...prices, '5', '6', '1'], context)).toMatchObject({ candle: { quoteVolume: '6' } });
    expect(readCandleRow([...prices, '5', '', '1'], context)).toMatchObject({ candle: { quoteVolume: null } });
    expect(readCandleRow([...prices, '5'], context)).toMatchObject({ candle: { quoteVolume: null } });
  });

  test('of mark and index prices has no volume', () => {
    const row = [...prices.slice(0, 5), '1'];
    for (const priceType of ['mark', 'index'] as const) {
      expect(readCandleRow(row, { ...context, priceType })).toEqual({
        candle: expect.objectContaining({ priceType, close: '1.50', volume: '0', closed: true }),
      });
    }
  });

  test.each([
    ['no array', 'text'],
    ['too short', ['1685221620000', '1', '2', '0.5', '1']],
    ['without a time', ['x', '1', '2', '0.5', '1', '1']],
    ['confirmed by something else', [...prices, '5', '6', '2']],
  ])('that is %s is refused with a reason', (_what, row) => {
    expect(readCandleRow(row, context)).toEqual({ fault: expect.stringContaining('received') });
  });
});
