import { beforeEach, describe, expect, it } from '@jest/globals';
import { type BotConfig, isDuplicateError, isInvalidInputError } from '../../src/index.ts';
import { deepFrozen } from '../support/deep-frozen.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

onEveryDatabase('bots', (bench) => {
  describe('add', () => {
    it('stores a bot and gives it back with what was left out', async () => {
      const before = Date.now();
      const added = await bench.db.bots.add(bot());
      expect(added).toEqual({
        id: expect.any(Number),
        name: 'grid-1',
        strategyName: 'grid',
        exchange: 'okx',
        symbol: 'BTC-USDT',
        timeframe: '5m',
        status: 'inactive',
        virtualBalance: '1000',
        currentBalance: '1000',
        config: null,
        lastHeartbeat: null,
        version: 1,
        createdAt: expect.any(Date),
        updatedAt: added.createdAt,
      });
      expect(added.createdAt.getTime()).toBeGreaterThanOrEqual(before);
      await expect(bench.db.bots.getById(added.id)).resolves.toEqual(added);
      await expect(bench.db.bots.getByName('grid-1')).resolves.toEqual(added);
    });

    it('stores every field as it is given', async () => {
      const given = {
        name: 'Grid 2',
        strategyName: 'dca',
        exchange: 'binance',
        symbol: 'ETH-USDT',
        timeframe: '1M',
        status: 'paused',
        virtualBalance: '123456789012345678.123456789012345678',
        currentBalance: '-0.000000000000000001',
        config: { grid: { levels: [1, 2.5, '0.1'] }, on: true, off: null },
      } as const;
      const { id } = await bench.db.bots.add(deepFrozen(given));
      await expect(bench.db.bots.getById(id)).resolves.toMatchObject(given);
    });

    it('gives ids that rise, and none twice, not even after a delete', async () => {
      const first = await bench.db.bots.add(bot({ name: 'a' }));
      const second = await bench.db.bots.add(bot({ name: 'b' }));
      await bench.db.bots.delete(second.id);
      const third = await bench.db.bots.add(bot({ name: 'c' }));
      expect(second.id).toBeGreaterThan(first.id);
      expect(third.id).toBeGreaterThan(second.id);
    });

    it('refuses a name that is taken, by its kind, and stores nothing', async () => {
      await bench.db.bots.add(bot());
      const error = await failureOf(bench.db.bots.add(bot({ strategyName: 'other' })));
      expect(error).toMatchObject({ kind: 'duplicate', operation: 'bots.add', retryable: false, attempts: 1 });
      expect(isDuplicateError(error)).toBe(true);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ bots: 1 });
    });

    it('takes a name in other letters for another name', async () => {
      await bench.db.bots.add(bot({ name: 'grid' }));
      await bench.db.bots.add(bot({ name: 'GRID' }));
      await bench.db.bots.add(bot({ name: 'grïd' }));
      await expect(bench.db.bots.getByName('Grid')).resolves.toBeNull();
      await expect(storedRows(bench.database)).resolves.toMatchObject({ bots: 3 });
    });

    it('takes the default exchange of the instance', async () => {
      const binance = bench.instance({ defaultExchange: 'binance' });
      await expect(binance.bots.add(bot())).resolves.toMatchObject({ exchange: 'binance' });
    });

    it.each<[what: string, config: BotConfig]>([
      ['an empty object', {}],
      ['text that looks like JSON', { a: '{"b":1}', b: '[1]', c: 'null', d: '"x"' }],
      ['emoji and Chinese', { 币: '🚀' }],
      [
        'great and small numbers',
        { a: Number.MAX_SAFE_INTEGER, b: 0.1, c: 5e-324, d: 1.7976931348623157e308, e: 1e21, f: 1e18, g: -(2 ** 53) },
      ],
      ['lists in lists', { a: [[], [[]], {}, [{}]] }],
      ['empty keys and texts', { '': '' }],
      ['keys that objects have', JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":"x"}') as BotConfig],
      ['what is undefined as absent', { a: undefined, b: 1 }],
      ['text of a hundred thousand characters', { a: 'x'.repeat(100_000) }],
    ])('keeps a config with %s', async (_what, config) => {
      const { id } = await bench.db.bots.add(bot({ config }));
      // compared as text, in which no key can hide
      expect(sortedJson((await bench.db.bots.getById(id))?.config)).toBe(sortedJson(config));
    });

    it('keeps a config with a key of 65,536 letters, or refuses it at the edge', async () => {
      const config = { ['k'.repeat(65_536)]: 1 };
      const outcome = await bench.db.bots.add(bot({ config })).catch((error: unknown) => error);
      expect(isInvalidInputError(outcome) || (outcome as { config?: unknown }).config).toEqual(
        isInvalidInputError(outcome) ? true : config,
      );
    });

    it('is done with the config when the call returns: changing it meanwhile changes nothing', async () => {
      const config = { list: [1] };
      const adding = bench.db.bots.add(bot({ config }));
      config.list.push(2);
      await expect(adding).resolves.toMatchObject({ config: { list: [1] } });
      await expect(bench.db.bots.getByName('grid-1')).resolves.toMatchObject({ config: { list: [1] } });
    });
  });

  describe('getById and getByName', () => {
    it('are null where there is no such bot', async () => {
      await expect(bench.db.bots.getById(4_294_967_295)).resolves.toBeNull();
      await expect(bench.db.bots.getByName('nobody')).resolves.toBeNull();
    });

    it('give a plain object of its own each time', async () => {
      const { id } = await bench.db.bots.add(bot({ config: { a: [1] } }));
      const first = await bench.db.bots.getById(id);
      (first?.config as { a: number[] }).a.push(2);
      Object.assign(first ?? {}, { status: 'error' });
      expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
      await expect(bench.db.bots.getById(id)).resolves.toMatchObject({ status: 'inactive', config: { a: [1] } });
    });
  });

  describe('list', () => {
    beforeEach(async () => {
      await bench.db.bots.add(bot({ name: 'c', status: 'active' }));
      await bench.db.bots.add(bot({ name: 'a', status: 'active', symbol: 'ETH-USDT' }));
      await bench.db.bots.add(bot({ name: 'b', exchange: 'binance', timeframe: '1h', strategyName: 'dca' }));
    });

    it.each([
      ['all of them, by ascending id', undefined, 'cab'],
      ['all of them for an empty filter', {}, 'cab'],
      ['those of a status', { status: 'active' }, 'ca'],
      ['those of an exchange', { exchange: 'binance' }, 'b'],
      ['those of a symbol', { symbol: 'BTC-USDT' }, 'cb'],
      ['those of a timeframe', { timeframe: '5m' }, 'ca'],
      ['those of a strategy', { strategyName: 'grid' }, 'ca'],
      ['those that meet every condition', { status: 'active', symbol: 'BTC-USDT' }, 'c'],
      ['at most so many', { limit: 2 }, 'ca'],
      ['none where none meets them', { status: 'error' }, ''],
      ['as if a condition that is undefined were not there', { status: undefined, exchange: 'okx' }, 'ca'],
    ] as const)('gives %s', async (_what, filter, names) => {
      const bots = await bench.db.bots.list(filter);
      expect(bots.map(({ name }) => name).join('')).toBe(names);
    });
  });

  describe('delete', () => {
    it('deletes one bot and returns whether there was one', async () => {
      const { id } = await bench.db.bots.add(bot({ name: 'a' }));
      await bench.db.bots.add(bot({ name: 'b' }));
      await expect(bench.db.bots.delete(id)).resolves.toBe(true);
      await expect(bench.db.bots.delete(id)).resolves.toBe(false);
      await expect(bench.db.bots.list()).resolves.toMatchObject([{ name: 'b' }]);
    });
  });
});

/** JSON with the keys of every object in order: their order may change in a database. */
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(sortedJson).join()}]`;
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .map(([key, inner]) => `${JSON.stringify(key)}:${sortedJson(inner)}`)
    .sort()
    .join()}}`;
}
