import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BotChanges, BotInput } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { cyclic, expectRefused, type Fault, throwing } from '../support/refused.ts';
import { bot } from '../support/samples.ts';

/** Faults of single fields: they are the same when a bot is added and when it is changed. */
const FIELDS: readonly Fault[] = [
  ['an empty name', { name: '' }, 'name', /1 to 128 characters/],
  ['a name that is too long', { name: 'x'.repeat(129) }, 'name', /at most 128 characters.*never cut/],
  ['a blank before the name', { name: ' grid' }, 'name', /white space/],
  ['a name that is null', { name: null }, 'name', /received null/],
  ['a strategy that is too long', { strategyName: '策'.repeat(129) }, 'strategyName', /at most 128/],
  ['half a surrogate pair', { strategyName: '\ud800x' }, 'strategyName', /surrogate/],
  ['an exchange that is too long', { exchange: 'x'.repeat(33) }, 'exchange', /at most 32/],
  ['a symbol that is a list', { symbol: ['BTC'] }, 'symbol', /an array of 1/],
  ['an unknown timeframe', { timeframe: '2m' }, 'timeframe', /one of the timeframes/],
  ['an unknown status', { status: 'ACTIVE' }, 'status', /one of inactive, active, paused, error; received "ACTIVE"/],
  ['a balance that is NaN', { virtualBalance: Number.NaN }, 'virtualBalance', /received NaN/],
  ['a balance of too many digits', { virtualBalance: '1'.repeat(19) }, 'virtualBalance', /18 digits before/],
  ['a balance of too many decimals', { currentBalance: `0.${'1'.repeat(19)}` }, 'currentBalance', /18 digits after/],
  ['a balance as a bigint', { currentBalance: 1_000n }, 'currentBalance', /received 1000n/],
  ['a balance that is null', { currentBalance: null }, 'currentBalance', /received null/],
  ['an unknown field', { balance: 1 }, 'balance', /no such field/],
  ['an unknown field that throws', throwing({}, 'extra'), 'extra', /no such field/],
  ['an id', { id: 7 }, 'id', /no such field/],
  ['a version', { version: 7 }, 'version', /no such field/],
  ['a config that is a list', { config: [1] }, 'config', /a JSON object or null; received an array of 1/],
  ['a config that is a text', { config: '{"a":1}' }, 'config', /a JSON object or null/],
  ['a config that is a Map', { config: new Map() }, 'config', /a plain object/],
  ['a config with a function', { config: { on: () => 1 } }, 'config.on', /a JSON value/],
  ['a config with NaN deep inside', { config: { a: [{ b: Number.NaN }] } }, 'config.a[0].b', /a finite number/],
  ['a config with a bigint', { config: { a: 1n } }, 'config.a', /received 1n/],
  ['a config with a Date', { config: { at: new Date(0) } }, 'config.at', /a plain object or array/],
  ['a config that holds itself', { config: cyclic() }, `config${'.self'.repeat(31)}`, /at most 31 levels/],
  ['a config with half a surrogate pair', { config: { a: '\udfff' } }, 'config.a', /surrogate/],
  ['a config that throws', { config: throwing({}, 'a') }, '', /throws when it is read/],
];

onEveryDatabase('a faulty bot', (bench) => {
  let id: number;

  beforeEach(async () => {
    ({ id } = await bench.db.bots.add(bot({ name: 'stored' })));
  });

  const expectStoredAsBefore = (): Promise<void> =>
    expect(bench.db.bots.list()).resolves.toMatchObject([{ id, name: 'stored', version: 1 }]);

  describe('is refused by add:', () => {
    it.each<Fault>([
      ...FIELDS,
      ['nothing', undefined, '', /a bot; received nothing/],
      ['null', null, '', /a bot; received null/],
      ['a list', [], '', /a bot; received an array of 0/],
      ['no name', { name: undefined }, 'name', /received nothing/],
      ['no strategy', { strategyName: undefined }, 'strategyName'],
      ['no balance', { virtualBalance: undefined }, 'virtualBalance', /received nothing/],
    ])('%s', async (...fault) => {
      const [, fields] = fault;
      const isFields = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
      const input = isFields ? Object.defineProperties({ ...bot() }, Object.getOwnPropertyDescriptors(fields)) : fields;
      await expectRefused(bench, 'bots.add', () => bench.db.bots.add(input as BotInput), input, fault);
      await expectStoredAsBefore();
    });
  });

  describe('is refused by update:', () => {
    it.each<Fault>([
      ...FIELDS,
      ['nothing', undefined, '', /the changes to a bot; received nothing/],
      ['null', null, '', /the changes to a bot; received null/],
      ['no change', {}, '', /at least one field to change/],
      ['no change but what is undefined', { status: undefined }, '', /at least one field/],
    ])('%s', async (...fault) => {
      const [, changes] = fault;
      await expectRefused(bench, 'bots.update', () => bench.db.bots.update(id, changes as BotChanges), changes, fault);
      await expectStoredAsBefore();
    });

    it.each<Fault>([
      ['version 0', { expectedVersion: 0 }, 'expectedVersion', /a version, 1 or more/],
      ['half a version', { expectedVersion: 1.5 }, 'expectedVersion', /a whole number/],
      ['a version as text', { expectedVersion: '1' }, 'expectedVersion'],
      ['a version that is null', { expectedVersion: null }, 'expectedVersion'],
      ['an unknown option', { version: 1 }, 'version', /no such field/],
      ['options that are null', null, '', /the options of an update/],
      ['a version for options', 1, '', /the options of an update/],
    ])('with %s', async (...fault) => {
      const [, options] = fault;
      const update = () => bench.db.bots.update(id, { status: 'active' }, options as { expectedVersion: number });
      await expectRefused(bench, 'bots.update', update, options, fault);
      await expectStoredAsBefore();
    });
  });

  describe('is not looked for by', () => {
    it.each<Fault>([
      ['no id', undefined, ''],
      ['null', null, ''],
      ['id 0', 0, '', /a bot's id, 1 or more; received 0/],
      ['an id below nought', -1, '', /not negative/],
      ['half an id', 1.5, '', /a whole number/],
      ['an id beyond the column', 4_294_967_296, '', /at most 4294967295/],
      ['an id that is NaN', Number.NaN, ''],
      ['an id as text', '1', '', /received "1"/],
      ['an id as a bigint', 1n, ''],
      ['an object', { id: 1 }, '', /an object/],
    ])('%s', async (...fault) => {
      const wrong = fault[1] as number;
      const { bots } = bench.db;
      await expectRefused(bench, 'bots.adjustBalance', () => bots.adjustBalance(wrong, 1), wrong, fault);
      await expectRefused(bench, 'bots.modify', () => bots.modify(wrong, () => null), wrong, fault);
      await expectRefused(bench, 'bots.getById', () => bots.getById(wrong), wrong, fault);
      await expectRefused(bench, 'bots.delete', () => bots.delete(wrong), wrong, fault);
      if (typeof wrong !== 'object' || wrong === null) {
        await expectRefused(bench, 'bots.update', () => bots.update(wrong, { status: 'active' }), wrong, fault);
      }
      await expectRefused(bench, 'bots.recordHeartbeat', () => bots.recordHeartbeat(wrong), wrong, fault);
      await expectStoredAsBefore();
    });

    it.each<Fault>([
      ['a bot without a version', { id: 1 }, 'version'],
      ['a bot of version 0', { id: 1, version: 0 }, 'version', /a version, 1 or more/],
      ['a bot without an id', { version: 1 }, 'id'],
      ['a list', [1], ''],
    ])('%s', async (...fault) => {
      const wrong = fault[1] as number;
      await expectRefused(bench, 'bots.update', () => bench.db.bots.update(wrong, { status: 'active' }), wrong, fault);
      await expectStoredAsBefore();
    });

    it.each<Fault>([
      ['an empty name', '', '', /1 to 128/],
      ['a name with a blank at the end', 'stored ', '', /white space/],
      ['a name that is a number', 7, ''],
      ['a name that is null', null, ''],
    ])('%s', async (...fault) => {
      await expectRefused(bench, 'bots.getByName', () => bench.db.bots.getByName(fault[1] as string), fault[1], fault);
    });
  });

  it.each<Fault>([
    ['seconds', 1_704_067_200, '', /seconds/],
    ['null', null, ''],
    ['text without a zone', '2024-01-01T00:00:00', '', /zone/],
    ['an invalid Date', new Date('x'), '', /a valid Date/],
  ])('has no heartbeat at %s', async (...fault) => {
    const at = fault[1] as Date;
    await expectRefused(bench, 'bots.recordHeartbeat', () => bench.db.bots.recordHeartbeat(id, at), at, fault);
    await expectStoredAsBefore();
  });

  it.each<Fault>([
    ['nothing', undefined, '', /a number of milliseconds/],
    ['less than nought', -1, '', /not negative/],
    ['NaN', Number.NaN, ''],
    ['more than a hundred years', 1e15, '', /a hundred years/],
    ['text', '60000', ''],
  ])('is not found stale for %s', async (...fault) => {
    await expectRefused(bench, 'bots.findStale', () => bench.db.bots.findStale(fault[1] as number), fault[1], fault);
  });

  it.each<Fault>([
    ['null', null, '', /a filter of bots/],
    ['a text', 'active', '', /a filter of bots/],
    ['an unknown status', { status: 'on' }, 'status'],
    ['an unknown condition', { name: 'stored' }, 'name', /no such field/],
    ['an empty symbol', { symbol: '' }, 'symbol'],
    ['limit 0', { limit: 0 }, 'limit', /at least 1/],
    ['half a limit', { limit: 1.5 }, 'limit', /a whole number of rows/],
    ['a limit without bounds', { limit: Number.POSITIVE_INFINITY }, 'limit'],
    ['an operator for a condition', { status: { $ne: 'x' } }, 'status'],
  ])('is not listed by %s', async (...fault) => {
    await expectRefused(bench, 'bots.list', () => bench.db.bots.list(fault[1] as object), fault[1], fault);
  });
});
