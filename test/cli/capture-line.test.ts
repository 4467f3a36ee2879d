import { describe, expect, test } from '@jest/globals';
import { exchangeOfFileName } from '../../src/cli/replay/capture-exchange.ts';
import { readCaptureLine } from '../../src/cli/replay/capture-line.ts';

const read = (text: string) => readCaptureLine({ number: 1, text });

describe('a line of a capture', () => {
  test.each([
    ['wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.5300605', 'okx'],
    ['wss://real.okcoin.com:8443/ws/v5/public <- 1685221666.47562: {"op":"subscribe","args":[]}', 'okcoin'],
    ['wss://ws.bitget.com/spot/v1/stream <-> 1649290076.5', 'bitget'],
    ['wss://okx.com.example.org/ws <-> 1649290076.5', undefined],
    ['wss://notokx.com/ws <-> 1649290076.5', undefined],
  ])('%s is a connection of %s', (text, exchange) => {
    expect(read(text)).toEqual({ kind: 'transport', exchange });
  });

  test.each([
    '1652459225.5: {"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"}}',
    '1652459225.5: {"event":"error","code":"60012","msg":"Illegal request"}',
    '1652459225.5: pong',
  ])('%s is control', (text) => {
    expect(read(text)).toEqual({ kind: 'control' });
  });

  test('that is blank is empty', () => {
    expect(read('  ')).toEqual({ kind: 'empty' });
  });

  test('with data keeps the exact text of its message', () => {
    const json = ' {"arg":{"channel":"trades","instId":"A"}, "data":[{"px":1.10}]}';
    expect(read(`1652459225.5000001: ${json}`)).toEqual({
      kind: 'data',
      data: {
        number: 1,
        text: `1652459225.5000001: ${json}`,
        receivedMs: 1652459225500,
        json,
        message: { arg: { channel: 'trades', instId: 'A' }, data: [{ px: '1.10' }] },
      },
    });
  });

  test.each([
    ['{"arg":{"channel":"trades"},"data":[]}', 'time of reception'],
    ['165245922', 'time of reception'],
    ['1652459225.5: {"arg":{"channel":"trades","instId":"A"},"data":[{"px"', 'cut off'],
    ['1652459225.5: {"arg":"trades","data":[]}', '"arg"'],
    ['1652459225.5: {"arg":{},"data":{}}', '"arg"'],
    ['1652459225.5: 12', 'no JSON object'],
  ])('%s is broken', (text, reason) => {
    expect(read(text)).toEqual({ kind: 'broken', reason: expect.stringContaining(reason) });
  });

  test('that cannot be decoded is broken for that reason', () => {
    expect(readCaptureLine({ number: 1, text: undefined, fault: 'it is not UTF-8 text' })).toEqual({
      kind: 'broken',
      reason: 'it is not UTF-8 text',
    });
  });
});

describe('the name of a capture', () => {
  test.each([
    ['/data/OKX.ws.1.0', 'okx'],
    ['OKCOIN.ws.1.0', 'okcoin'],
    ['samples/okx-synthetic.ws', 'okx'],
    ['bitget_2024.ws', 'bitget'],
    ['recorded.ws', undefined],
    ['okxyz.ws', undefined],
  ])('%s names the exchange %s', (path, exchange) => {
    expect(exchangeOfFileName(path)).toBe(exchange);
  });
});
