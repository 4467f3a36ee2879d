import { describe, expect, it } from '@jest/globals';
import type { CandleInput } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { expectRefused, type Fault, picture, throwing } from '../support/refused.ts';
import { candle, NEW_YEAR } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

const without = (field: keyof CandleInput): object => {
  const { [field]: _left, ...rest } = candle();
  return rest;
};
const withField = (field: string, value: unknown): object => ({ ...candle(), [field]: value });
const flat = (price: unknown): object => ({ ...candle(), open: price, high: price, low: price, close: price });

const FAULTS: readonly Fault[] = [
  ['nothing', undefined, '', /a candle; received nothing/],
  ['null', null, '', /a candle; received null/],
  ['a list', [candle()], '', /a candle/],
  ['a text', 'candle', '', /a candle; received "candle"/],
  ['a function', () => candle(), '', /a function/],
  ['no symbol', without('symbol'), 'symbol', /received nothing/],
  ['no timeframe', without('timeframe'), 'timeframe'],
  ['no start', without('startTime'), 'startTime'],
  ['no open', without('open'), 'open'],
  ['no volume', without('volume'), 'volume'],
  ['an unknown field', withField('price', 1), 'price', /no such field/],
  ['a field in other letters', withField('opentime', 1), 'opentime', /no such field/],
  ['an unknown field that throws', throwing(candle(), 'extra'), 'extra', /no such field/],
  ['a field that throws', throwing(candle(), 'high'), '', /throws when it is read/],
  ['an empty symbol', withField('symbol', ''), 'symbol', /1 to 64 characters/],
  ['a blank before the symbol', withField('symbol', ' BTC'), 'symbol', /white space/],
  ['a newline after the symbol', withField('symbol', 'BTC\n'), 'symbol', /white space/],
  ['a symbol of blanks', withField('symbol', '   '), 'symbol', /white space/],
  ['a symbol that is too long', withField('symbol', 'x'.repeat(65)), 'symbol', /at most 64 characters.*never cut/],
  ['an exchange that is too long', withField('exchange', '所'.repeat(33)), 'exchange', /at most 32 characters/],
  ['a nul in the symbol', withField('symbol', 'a\u0000'), 'symbol', /U\+0000/],
  ['half a surrogate pair', withField('symbol', 'a\ud83db'), 'symbol', /surrogate/],
  ['a symbol that is a number', withField('symbol', 7), 'symbol', /text.*received 7/],
  ['an exchange that is null', withField('exchange', null), 'exchange', /received null/],
  ['a symbol that looks like a Date', withField('symbol', Object.create(Date.prototype)), 'symbol'],
  ['an unknown timeframe', withField('timeframe', '7m'), 'timeframe', /1m, 3m/],
  ['a timeframe in other letters', withField('timeframe', '1H'), 'timeframe'],
  ['a timeframe that objects know', withField('timeframe', 'toString'), 'timeframe'],
  ['seconds', withField('startTime', NEW_YEAR / 1_000), 'startTime', /seconds: multiply it by 1000/],
  ['microseconds', withField('startTime', NEW_YEAR * 1_000), 'startTime', /microseconds: divide it by 1000/],
  ['nanoseconds', withField('startTime', NEW_YEAR * 1_000_000), 'startTime', /nanoseconds: divide it by 1000000/],
  ['a fraction of a millisecond', withField('startTime', NEW_YEAR + 0.5), 'startTime', /whole epoch milliseconds/],
  ['a time that is NaN', withField('startTime', Number.NaN), 'startTime', /received NaN/],
  ['an invalid Date', withField('startTime', new Date('x')), 'startTime', /a valid Date; received an invalid Date/],
  ['a time without zone', withField('startTime', '2024-01-01T00:00:00'), 'startTime', /with a zone/],
  ['a date alone', withField('startTime', '2024-01-01'), 'startTime', /with a zone/],
  ['30 February', withField('startTime', '2024-02-30T00:00:00Z'), 'startTime', /a date that exists/],
  ['hour 24', withField('startTime', '2024-01-01T24:00:00Z'), 'startTime', /a date that exists/],
  ['an absurd zone', withField('startTime', '2024-01-01T00:00:00+15:00'), 'startTime', /-14:00 and \+14:00/],
  ['a microsecond', withField('startTime', '2024-01-01T00:00:00.000001Z'), 'startTime', /finer than a millisecond/],
  ['milliseconds as text', withField('startTime', String(NEW_YEAR)), 'startTime'],
  ['a bigint for a time', withField('startTime', BigInt(NEW_YEAR)), 'startTime', /received 1704067200000n/],
  ['a time before the year 1000', withField('startTime', '0999-12-31T23:59:00Z'), 'startTime', /1000 to|1000 and 9999/],
  ['a start off the minute', withField('startTime', NEW_YEAR + 1), 'startTime', /a multiple of 1m/],
  ['a start off the hour', { ...candle(), timeframe: '1d', startTime: NEW_YEAR + 60_000 }, 'startTime', /a whole hour/],
  [
    'a month from its second day',
    { ...candle(), timeframe: '1M', startTime: '2024-01-02T00:00:00Z' },
    'startTime',
    /first of a month/,
  ],
  [
    'an end that is inclusive',
    withField('endTime', NEW_YEAR + 59_999),
    'endTime',
    /2024-01-01T00:01:00.000Z.*exclusive/,
  ],
  ['an end that is too late', withField('endTime', NEW_YEAR + 120_000), 'endTime', /one 1m after startTime/],
  ['an end that is null', withField('endTime', null), 'endTime', /received null/],
  ['an end beyond the year 9999', withField('startTime', '9999-12-31T23:59:00Z'), 'startTime'],
  ['a price below nought', withField('low', '-1'), 'low', /not negative/],
  ['a volume below nought', withField('volume', -0.1), 'volume', /not negative/],
  ['low above open', withField('low', '42000.2'), 'open', /not below low \(42000.2\)/],
  ['high below close', withField('high', '42004'), 'close', /not above high \(42004\)/],
  ['low above high', { ...candle(), low: '9', high: '10', open: '9', close: '11' }, 'close', /not above high/],
  ['a price that is NaN', withField('open', Number.NaN), 'open', /finite number\); received NaN/],
  ['a price without bounds', withField('high', Number.POSITIVE_INFINITY), 'high', /received Infinity/],
  ['a price as text that is none', withField('close', '42 000'), 'close', /a decimal.*received "42 000"/],
  ['a price with a comma', withField('close', '42005,5'), 'close', /a decimal/],
  ['an empty price', withField('close', ''), 'close', /received ""/],
  ['hexadecimal digits', withField('close', '0x10'), 'close'],
  ['a price of nineteen digits', flat('1234567890123456789'), 'open', /18 digits before the point.*never cut/],
  ['a number of twenty-two digits', flat(1e21), 'open', /18 digits before the point/],
  ['nineteen decimals', flat('0.1234567890123456789'), 'open', /18 digits after the point.*never rounded/],
  ['a number below the last decimal', flat(1e-19), 'open', /18 digits after the point/],
  ['a bigint for a price', withField('open', 42_000n), 'open', /received 42000n/],
  ['a list for a price', withField('open', ['42000']), 'open', /an array of 1/],
  ['an object that turns into a price', withField('open', { toString: () => '42000' }), 'open', /an object/],
  ['half a trade', withField('tradeCount', 1.5), 'tradeCount', /a whole number/],
  ['trades below nought', withField('tradeCount', -1), 'tradeCount', /not negative/],
  ['more trades than the column holds', withField('tradeCount', 4_294_967_296), 'tradeCount', /at most 4294967295/],
  ['trades as text', withField('tradeCount', '7'), 'tradeCount', /a whole number/],
  ['closed as a number', withField('closed', 1), 'closed', /true or false/],
  ['closed as null', withField('closed', null), 'closed', /true or false/],
];

onEveryDatabase('a faulty candle', (bench) => {
  const { marketData } = { marketData: () => bench.db.marketData };

  describe('is refused by upsertCandle:', () => {
    it.each(FAULTS)('%s', async (...fault) => {
      const [, value] = fault;
      await marketData().upsertCandle(candle(9));
      await expectRefused(
        bench,
        'marketData.upsertCandle',
        () => marketData().upsertCandle(value as CandleInput, true),
        value,
        fault,
      );
    });
  });

  describe('is reported by upsertCandles, which stores the others:', () => {
    it.each(FAULTS)('%s', async (_what, value, path, says = /./) => {
      const batch = [candle(0), value as CandleInput, candle(1)];
      const shown = picture(batch);
      const result = await marketData().upsertCandles(batch);
      expect(result).toMatchObject({ inserted: 2, updated: 0, unchanged: 0, rejected: [{ index: 1 }] });
      expect(result.rejected).toHaveLength(1);
      const issues = result.rejected[0]?.issues ?? [];
      const issue = issues.find((candidate) => candidate.path === (path === '' ? '[1]' : `[1].${path}`));
      expect(`${issue?.expected}; received ${issue?.received}`).toMatch(says);
      expect(picture(batch)).toBe(shown);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
    });
  });

  it('refuses an atomic batch as a whole, whichever it is', async () => {
    for (const [what, value, path] of FAULTS) {
      const batch = [candle(0), value as CandleInput];
      await expectRefused(
        bench,
        'marketData.upsertCandles',
        () => marketData().upsertCandles(batch, { atomic: true }),
        batch,
        [what, value, path === '' ? '[1]' : `[1].${path}`],
      );
    }
  });
});
