import { describe, expect, it } from '@jest/globals';
import { type BotChanges, type ConflictError, isConflictError } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, NEW_YEAR } from '../support/samples.ts';

onEveryDatabase('changes of bots', (bench) => {
  describe('update', () => {
    it.each<[field: string, changes: BotChanges]>([
      ['name', { name: 'grid-2' }],
      ['strategyName', { strategyName: 'dca' }],
      ['exchange', { exchange: 'binance' }],
      ['symbol', { symbol: 'btc-usdt' }],
      ['timeframe', { timeframe: '1M' }],
      ['status', { status: 'error' }],
      ['virtualBalance', { virtualBalance: '1000.000000000000000001' }],
      ['currentBalance', { currentBalance: '-1' }],
      ['config', { config: { b: 1 } }],
      ['config to none', { config: null }],
      ['lastHeartbeat', { lastHeartbeat: new Date(NEW_YEAR) }],
      ['several fields', { status: 'active', currentBalance: '5', config: {} }],
    ])('changes %s and nothing else', async (_field, changes) => {
      const before = await bench.db.bots.add(bot({ config: { a: 1 } }));
      const after = await bench.db.bots.update(before.id, changes);
      expect(after).toEqual({ ...before, ...changes, version: 2, updatedAt: expect.any(Date) });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(after);
    });

    it('stamps the change by this clock and leaves the time of adding', async () => {
      const before = await bench.db.bots.add(bot());
      await bench.database.sql(`update bots set updated_at = created_at where id = ${before.id}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const after = await bench.db.bots.update(before.id, { status: 'active' });
      expect(after?.createdAt).toEqual(before.createdAt);
      expect(after?.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
    });

    it.each<[what: string, changes: BotChanges]>([
      ['the same values', { status: 'inactive', symbol: 'BTC-USDT' }],
      ['the same balance in other words', { virtualBalance: '0001000.00' }],
      ['the same config in another order', { config: { b: [1, { d: 1, c: 2 }], a: 1 } }],
    ])('leaves version and stamp for %s', async (_what, changes) => {
      const before = await bench.db.bots.add(bot({ config: { a: 1, b: [1, { c: 2, d: 1 }] } }));
      await expect(bench.db.bots.update(before.id, changes)).resolves.toEqual(before);
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it('takes a field that is undefined for one that is left out', async () => {
      const { id } = await bench.db.bots.add(bot());
      const changes = { status: 'active', symbol: undefined } as const;
      await expect(bench.db.bots.update(id, changes)).resolves.toMatchObject({ status: 'active', symbol: 'BTC-USDT' });
    });

    it('sees an order in a list as a change', async () => {
      const { id } = await bench.db.bots.add(bot({ config: { list: [1, 2] } }));
      await expect(bench.db.bots.update(id, { config: { list: [2, 1] } })).resolves.toMatchObject({ version: 2 });
    });

    it('counts versions up by one a change', async () => {
      const { id } = await bench.db.bots.add(bot());
      for (let n = 1; n <= 5; n += 1) {
        await expect(bench.db.bots.update(id, { currentBalance: n })).resolves.toMatchObject({ version: n + 1 });
      }
    });

    it('changes what stands at the expected version', async () => {
      const { id, version } = await bench.db.bots.add(bot());
      await expect(bench.db.bots.update(id, { status: 'active' }, { expectedVersion: version })).resolves.toMatchObject(
        { version: 2 },
      );
    });

    it('changes nothing at another version, and names both', async () => {
      const { id } = await bench.db.bots.add(bot());
      const after = await bench.db.bots.update(id, { status: 'active' });
      const error = await failureOf(bench.db.bots.update(id, { status: 'paused' }, { expectedVersion: 1 }));

      expect(isConflictError(error)).toBe(true);
      expect(error).toMatchObject({ kind: 'conflict', operation: 'bots.update' });
      const { expectedVersion, actualVersion } = error as ConflictError;
      expect([expectedVersion, actualVersion]).toEqual([1, 2]);
      await expect(bench.db.bots.getById(id)).resolves.toEqual(after);
    });

    it('asks for the expected version also where the change would change nothing', async () => {
      const { id } = await bench.db.bots.add(bot());
      const error = await failureOf(bench.db.bots.update(id, { status: 'inactive' }, { expectedVersion: 7 }));
      expect(error.kind).toBe('conflict');
    });

    it('refuses a new name that is taken and changes nothing', async () => {
      await bench.db.bots.add(bot({ name: 'taken' }));
      const before = await bench.db.bots.add(bot());
      const error = await failureOf(bench.db.bots.update(before.id, { name: 'taken', status: 'active' }));
      expect(error).toMatchObject({ kind: 'duplicate', operation: 'bots.update' });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it('is null where there is no such bot', async () => {
      await expect(bench.db.bots.update(4_294_967_295, { status: 'active' })).resolves.toBeNull();
    });
  });

  describe('recordHeartbeat', () => {
    it('notes the time and leaves version and stamp', async () => {
      const before = await bench.db.bots.add(bot());
      await expect(bench.db.bots.recordHeartbeat(before.id, '2024-01-01T00:00:00.123Z')).resolves.toBe(true);
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual({
        ...before,
        lastHeartbeat: new Date(NEW_YEAR + 123),
      });
    });

    it('notes this moment by default', async () => {
      const { id } = await bench.db.bots.add(bot());
      const before = Date.now();
      await bench.db.bots.recordHeartbeat(id);
      const beat = (await bench.db.bots.getById(id))?.lastHeartbeat?.getTime();
      expect(beat).toBeGreaterThanOrEqual(before);
      expect(beat).toBeLessThanOrEqual(Date.now());
    });

    it('only moves forward', async () => {
      const { id } = await bench.db.bots.add(bot());
      for (const [at, stands] of [
        [NEW_YEAR + 5, NEW_YEAR + 5],
        [NEW_YEAR + 4, NEW_YEAR + 5],
        [NEW_YEAR + 5, NEW_YEAR + 5],
        [NEW_YEAR + 6, NEW_YEAR + 6],
      ] as const) {
        await expect(bench.db.bots.recordHeartbeat(id, at)).resolves.toBe(true);
        await expect(bench.db.bots.getById(id)).resolves.toMatchObject({ lastHeartbeat: new Date(stands) });
      }
    });

    it('is also a field that an update sets, moves back and clears, as a change like any other', async () => {
      const { id } = await bench.db.bots.add(bot());
      for (const [version, lastHeartbeat] of [
        [2, '2024-01-02T00:00:00Z'],
        [3, NEW_YEAR],
        [4, null],
      ] as const) {
        const stored = await bench.db.bots.update(id, { lastHeartbeat });
        expect(stored?.lastHeartbeat).toEqual(lastHeartbeat === null ? null : new Date(lastHeartbeat));
        expect(stored?.version).toBe(version);
      }
      const error = await failureOf(bench.db.bots.update(id, { lastHeartbeat: 'yesterday' }));
      expect(error).toMatchObject({ kind: 'invalid-input', issues: [{ path: 'lastHeartbeat' }] });
    });

    it('is false where there is no such bot', async () => {
      await expect(bench.db.bots.recordHeartbeat(4_294_967_295)).resolves.toBe(false);
    });

    it('does not make a concurrent update a conflict', async () => {
      const { id, version } = await bench.db.bots.add(bot());
      await bench.db.bots.recordHeartbeat(id);
      await expect(bench.db.bots.update(id, { status: 'active' }, { expectedVersion: version })).resolves.toMatchObject(
        { version: 2, lastHeartbeat: expect.any(Date) },
      );
    });
  });

  describe('findStale', () => {
    it('lists by id the bots that gave no sign for longer than asked, the inactive ones left out', async () => {
      const ids: Record<string, number> = {};
      for (const [name, status, age] of [
        ['silent', 'active', 120_000],
        ['alive', 'active', 10_000],
        ['inactive', 'inactive', 120_000],
        ['paused', 'paused', 120_000],
        ['failed', 'error', 120_000],
        ['never', 'active', undefined],
      ] as const) {
        const { id } = await bench.db.bots.add(bot({ name, status }));
        ids[name] = id;
        if (age !== undefined) {
          await bench.db.bots.recordHeartbeat(id, Date.now() - age);
        }
      }
      const stale = async (): Promise<string[]> => (await bench.db.bots.findStale(60_000)).map(({ name }) => name);
      await expect(stale()).resolves.toEqual(['silent', 'paused', 'failed']);

      // one that never gave a sign counts from when it was added
      const old = bench.dialect === 'sqlite' ? '0' : "'2020-01-01'";
      await bench.database.sql(`update bots set created_at = ${old} where id in (${ids['never']}, ${ids['alive']})`);
      await expect(stale()).resolves.toEqual(['silent', 'paused', 'failed', 'never']);
    });
  });
});
