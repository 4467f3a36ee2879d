import { describe, expect, test } from '@jest/globals';
import { readCaptureLine } from '../../src/cli/replay/capture-line.ts';
import { dataTypeOf, readDataMessage } from '../../src/cli/replay/data-message.ts';

const RECEIVED_MS = 1652459226164;

function message(json: string, number = 123, received = '1652459226.1640239') {
  const line = readCaptureLine({ number, text: `${received}: ${json}` });
  if (line.kind !== 'data') {
    throw new Error(`not data: ${line.kind}`);
  }
  return readDataMessage(line.data, 'okx');
}

const trade = '{"instId":"BTC-USDT","tradeId":"338476310","px":"30243.5","ts":"1652459226050"}';

describe('a message of a capture', () => {
  test('with one trade has its id and its time', () => {
    const json = `{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[${trade}]}`;
    expect(message(json)?.point).toEqual({
      exchange: 'okx',
      symbol: 'BTC-USDT',
      dataType: 'trade',
      timestamp: 1652459226050,
      sourceId: '338476310',
      receivedAt: RECEIVED_MS,
      rawData: json,
    });
  });

  test('with several trades has its place in the capture and the time of reception', () => {
    const json = `{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[${trade},${trade}]}`;
    expect(message(json)?.point).toMatchObject({
      timestamp: RECEIVED_MS,
      sourceId: expect.stringMatching(/^L00000123-[0-9a-f]{16}$/),
    });
  });

  test('keeps its id where the line stays, and has another on another line', () => {
    const json = '{"arg":{"channel":"tickers","instId":"A"},"data":[{"ts":1652459223003}]}';
    const id = message(json)?.point.sourceId;
    expect(message(json)?.point.sourceId).toBe(id);
    expect(message(json, 124)?.point.sourceId).not.toBe(id);
    expect(message(json, 123, '1652459226.1640240')?.point.sourceId).not.toBe(id);
  });

  test('has its own time where it is a number too, or the head of a Bitget trade', () => {
    const ticker = '{"arg":{"channel":"ticker","instId":"A"},"data":[{"ts":1652459223003}]}';
    const bitget =
      '{"action":"update","arg":{"channel":"trade","instId":"A"},"data":[["1649290077777","1","2","buy"]]}';
    expect(message(ticker)?.point.timestamp).toBe(1652459223003);
    expect(message(bitget)?.point).toMatchObject({ timestamp: 1649290077777, dataType: 'trade' });
  });

  test('with candles has the time of reception, and a candle for each row', () => {
    const json =
      '{"arg":{"channel":"candle1m","instId":"A"},"data":[["1652459160000","1","1","1","1","0"],["1652459220000","1","1","1","1","0"]]}';
    const read = message(json);
    expect(read?.point).toMatchObject({ timestamp: RECEIVED_MS, dataType: 'candle' });
    expect(read?.candles).toHaveLength(2);
    expect(read?.candles).toMatchObject([{ candle: { closed: true } }, { candle: { closed: false } }]);
  });

  test('of an unknown timeframe is kept whole, and its rows are skipped', () => {
    const read = message('{"arg":{"channel":"candle2D","instId":"A"},"data":[["1652459160000","1","1","1","1","0"]]}');
    expect(read).toMatchObject({ items: 1, candles: [], skipped: expect.stringContaining('candle2D') });
    expect(read?.point.dataType).toBe('candle');
  });

  test('of many instruments goes by their family or type', () => {
    const json = '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[]}';
    expect(message(json)?.point).toMatchObject({ symbol: 'SWAP', dataType: 'liquidation-orders' });
  });

  test('that names no channel or nothing it is about is none', () => {
    expect(message('{"arg":{"channel":"status"},"data":[]}')).toBeUndefined();
    expect(message('{"arg":{"instId":"A"},"data":[]}')).toBeUndefined();
  });

  test.each([
    ['trades', 'trade'],
    ['trade', 'trade'],
    ['tickers', 'ticker'],
    ['ticker', 'ticker'],
    ['books', 'orderbook'],
    ['books50-l2-tbt', 'orderbook'],
    ['candle1H', 'candle'],
    ['funding-rate', 'funding-rate'],
  ])('of the channel %s has the data type %s', (channel, dataType) => {
    expect(dataTypeOf(channel)).toBe(dataType);
  });
});
