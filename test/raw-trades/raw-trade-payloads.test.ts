import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, point } from '../support/samples.ts';

const STREAM = { symbol: 'BTC-USDT', dataType: 'trade' } as const;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

onEveryDatabase('payloads', (bench) => {
  const rawData = async (): Promise<string[]> =>
    (await bench.db.rawTrades.getRawTrades({ ...STREAM, ...ALWAYS })).map((row) => row.rawData);

  it.each([
    ['the order of keys', '{"z":1,"a":2,"10":3,"9":4}'],
    ['white space', ' {\t"a" :\r\n [ 1 , 2 ] } \n'],
    ['digits that no number holds', '{"id":12345678901234567890123,"px":0.10000000000000000000000001}'],
    ['noughts and exponents', '[1.0,1.50,1e5,1E+05,1e-7,-0,-0.0,0.0]'],
    ['escapes', '["\\u0041\\/\\b\\f\\n\\r\\t\\\\\\"\\u0000\\ud83d\\ude80"]'],
    ['emoji and Chinese', '{"币":"🚀"}'],
    ['a key twice', '{"a":1,"a":2}'],
    ['keys that objects have', '{"__proto__":{"a":1},"constructor":2,"toString":3}'],
    ['the empty text', '""'],
    ['a number', '-12.5e3'],
    ['null', 'null'],
    ['an empty key', '{"":{"":[]}}'],
    ['SQL', '{"a":"\'; drop table raw_trades; -- \\\\","b":"%_`?"}'],
    ['as many levels as every database takes', nested(31)],
    ['a message of a megabyte', JSON.stringify({ text: '"\\🚀'.repeat(150_000) })],
  ])('keeps %s to the letter', async (_what, payload) => {
    await expect(bench.db.rawTrades.insertMarketDataPoint(point(0, { payload }))).resolves.toBe('inserted');
    const [read] = await rawData();
    expect(read === payload).toBe(true);
  });

  it.each<[what: string, payload: JsonValue, text: string]>([
    ['an object', { b: 1, a: [true, null, 'x'], left: undefined }, '{"b":1,"a":[true,null,"x"]}'],
    ['a list', [1.5, '2'], '[1.5,"2"]'],
    ['a number', 0.1, '0.1'],
    ['a truth', false, 'false'],
    ['nothing', null, 'null'],
  ])('writes %s as JSON.stringify does', async (_what, payload, text) => {
    await expect(bench.db.rawTrades.insertMarketDataPoint(point(0, { payload }))).resolves.toBe('inserted');
    await bench.db.rawTrades.insertRawWebsocketData({ ...point(1), payload: undefined, rawData: payload } as never);
    await expect(rawData()).resolves.toEqual([text, text]);
  });

  describe('that a database refuses although JavaScript reads them', () => {
    // the reader of JavaScript never sees what a later key of the same name hides
    it.each([
      ['nesting', `{"a":${nested(150)},"a":1}`],
      ['a number beyond all bounds', '{"a":1e999,"a":1}'],
      ['half a surrogate pair', '{"a":"\\ud800","a":1}'],
    ])('with hidden %s fail alone, not with their neighbours', async (_what, payload) => {
      const result = await bench.db.rawTrades.insertMany([point(0), point(1, { payload }), point(2)]);
      expect(result.inserted + result.rejected.length).toBe(3);
      expect(result.inserted).toBeGreaterThanOrEqual(2);
    });
  });
});
