import { describe, expect, it } from '@jest/globals';
import type { MarketDataPoint } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { cyclic, expectRefused, type Fault, picture, throwing } from '../support/refused.ts';
import { NEW_YEAR, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

const withField = (field: string, value: unknown): object => ({ ...point(), [field]: value });
const withPayload = (payload: unknown): object => withField('payload', payload);
const holed = new Array<number>(3).fill(1, 1);

const FAULTS: readonly Fault[] = [
  ['null', null, '', /a market data point; received null/],
  ['a list', [point()], '', /a market data point/],
  ['an unknown field', withField('id', 1), 'id', /no such field/],
  ['an unknown field that throws', throwing(point(), 'extra'), 'extra', /no such field/],
  ['a payload that throws', throwing(point(), 'payload'), '', /throws when it is read/],
  ['an empty data type', withField('dataType', ''), 'dataType', /1 to 32/],
  ['a data type that is too long', withField('dataType', 'x'.repeat(33)), 'dataType', /at most 32/],
  ['an empty source id', withField('sourceId', ''), 'sourceId', /1 to 64/],
  ['a source id that is a number', withField('sourceId', 7), 'sourceId', /received 7/],
  ['a source id that is too long', withField('sourceId', '7'.repeat(65)), 'sourceId', /at most 64/],
  ['a blank after the source id', withField('sourceId', '7 '), 'sourceId', /white space/],
  ['half a surrogate pair in the source id', withField('sourceId', '\udc00'), 'sourceId', /surrogate/],
  ['seconds', withField('timestamp', NEW_YEAR / 1_000), 'timestamp', /seconds/],
  ['an arrival without zone', withField('receivedAt', '2024-01-01T00:00:00'), 'receivedAt', /zone/],
  ['an arrival that is null', withField('receivedAt', null), 'receivedAt', /null/],
  ['no payload', withPayload(undefined), 'rawData', /payload or rawData; received nothing/],
  ['payload and rawData', withField('rawData', '{}'), 'payload', /under one name.*received "both"/],
  ['text that is no JSON', withPayload('{px:1}'), 'payload', /JSON text; received "\{px:1\}"/],
  ['an empty text', withPayload(''), 'payload', /JSON text/],
  ['two values in one text', withPayload('1 2'), 'payload', /JSON text/],
  ['text with a byte order mark', withPayload('\ufeff{}'), 'payload', /JSON text/],
  ['NaN in the text', withPayload('[NaN]'), 'payload', /JSON text/],
  ['a nul in the text', withPayload('"\u0000"'), 'payload', /JSON text/],
  ['a number beyond all bounds in the text', withPayload('{"a":[1e999]}'), 'payload', /a double can hold/],
  ['half a surrogate pair in the text', withPayload('"\\ud800"'), 'payload', /surrogate/],
  ['half a surrogate pair, unescaped', withPayload('"\ud800"'), 'payload', /surrogate/],
  ['NaN', withPayload({ a: Number.NaN }), 'payload.a', /a finite number/],
  ['Infinity', withPayload([Number.POSITIVE_INFINITY]), 'payload[0]', /a finite number/],
  ['a bigint', withPayload({ id: 12n }), 'payload.id', /a JSON value; received 12n/],
  ['a function', withPayload({ a: () => 1 }), 'payload.a', /a JSON value; received a function/],
  ['a symbol', withPayload(Symbol('a')), 'payload', /a symbol/],
  ['a Date', withPayload({ at: new Date(0) }), 'payload.at', /a plain object or array; received 1970/],
  ['a Map', withPayload(new Map()), 'payload', /a plain object/],
  ['bytes', withPayload(Buffer.from('{}')), 'payload', /a plain object/],
  ['a hole in a list', withPayload(holed), 'payload[0]', /a JSON value; received nothing/],
  ['what holds itself', withPayload(cyclic()), `payload${'.self'.repeat(31)}`, /at most 31 levels/],
  ['too many levels', withPayload('['.repeat(32) + ']'.repeat(32)), 'payload', /at most 31 levels/],
  ['very many levels', withPayload('['.repeat(5_000) + ']'.repeat(5_000)), 'payload', /at most 31/],
  ['a number that a later key hides', withPayload('{"a":1e999,"a":1}'), 'payload', /a double can hold/],
  ['a key with half a surrogate pair', withPayload({ '\ud800': 1 }), 'payload.\ud800', /a key without half/],
  ['a field of the payload that throws', withPayload(throwing({ a: 1 }, 'b')), '', /throws when it is read/],
  ['more bytes than the column holds', withPayload(`"${'x'.repeat(16_777_214)}"`), 'payload', /at most 16777215 bytes/],
];

onEveryDatabase('a faulty market data point', (bench) => {
  describe('is refused by insertMarketDataPoint:', () => {
    it.each(FAULTS)('%s', async (...fault) => {
      const [, value] = fault;
      await bench.db.rawTrades.insertMarketDataPoint(point(9));
      await expectRefused(
        bench,
        'rawTrades.insertMarketDataPoint',
        () => bench.db.rawTrades.insertMarketDataPoint(value as MarketDataPoint),
        value,
        fault,
      );
    });
  });

  describe('is reported by insertMany, which stores the others:', () => {
    it.each(FAULTS)('%s', async (_what, value, path, says = /./) => {
      const batch = [point(0), value as MarketDataPoint, point(1)];
      const shown = picture(batch);
      const result = await bench.db.rawTrades.insertMany(batch);
      expect(result).toMatchObject({ inserted: 2, updated: 0, unchanged: 0, rejected: [{ index: 1 }] });
      const issue = result.rejected[0]?.issues.find(
        (candidate) => candidate.path === (path === '' ? '[1]' : `[1].${path}`),
      );
      expect(`${issue?.expected}; received ${issue?.received}`).toMatch(says);
      expect(picture(batch)).toBe(shown);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ rawTrades: 2 });
    });
  });

  it('needs a timestamp in insertMarketDataPoint, which insertRawWebsocketData and insertMany do not', async () => {
    const timeless = withField('timestamp', undefined);
    await expectRefused(
      bench,
      'rawTrades.insertMarketDataPoint',
      () => bench.db.rawTrades.insertMarketDataPoint(timeless as MarketDataPoint),
      timeless,
      ['no timestamp', timeless, 'timestamp'],
    );
    await expect(bench.db.rawTrades.insertMany([timeless as MarketDataPoint])).resolves.toMatchObject({ inserted: 1 });
  });

  it.each<Fault>([
    ['nothing', undefined, '', /a market data point/],
    ['no symbol', { dataType: 'trade', rawData: '{}' }, 'symbol'],
    ['no raw data', { symbol: 'a', dataType: 'trade' }, 'rawData', /received nothing/],
    [
      'raw data that is no JSON',
      { symbol: 'a', dataType: 'trade', rawData: 'pong' },
      'rawData',
      /JSON text; received "pong"/,
    ],
    [
      'a time in seconds',
      { symbol: 'a', dataType: 'trade', rawData: '1', timestamp: 1_704_067_200 },
      'timestamp',
      /seconds/,
    ],
  ])('is refused by insertRawWebsocketData: %s', async (...fault) => {
    const [, value] = fault;
    await expectRefused(
      bench,
      'rawTrades.insertRawWebsocketData',
      () => bench.db.rawTrades.insertRawWebsocketData(value as never),
      value,
      fault,
    );
  });

  it('refuses an atomic batch as a whole', async () => {
    const batch = [point(0), withPayload('{')] as MarketDataPoint[];
    await expectRefused(
      bench,
      'rawTrades.insertMany',
      () => bench.db.rawTrades.insertMany(batch, { atomic: true }),
      batch,
      ['atomic', batch, '[1].payload'],
    );
  });
});
