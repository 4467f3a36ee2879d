import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { DatabaseOperations, RawTradeStreamQuery, StoredRawTrade } from '../../src/index.ts';
import { AWKWARD_TEXTS } from '../support/awkward-texts.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, NEW_YEAR, point } from '../support/samples.ts';
import { shuffled } from '../support/shuffled.ts';
import { allOf, idle, inUse, nextOf } from '../support/streamed.ts';

const MODES = ['pages', 'snapshot'] as const;
const ALL = { symbol: 'BTC-USDT', dataType: 'trade', ...ALWAYS } as const;
const SIZES = [1, 2, 7, 25, 1_000];
const points = (count: number) => Array.from({ length: count }, (_, index) => point(index));
const idsOf = (rows: readonly StoredRawTrade[]): string[] => rows.map(({ sourceId }) => sourceId);

onEveryDatabase('a stream of raw trades', (bench) => {
  describe.each(MODES)('by %s', (mode) => {
    const streamOf = (db: DatabaseOperations, options: Partial<RawTradeStreamQuery> = {}) =>
      db.rawTrades.streamRawTrades({ ...ALL, mode, pageRows: 2, ...options });

    it('gives what getRawTrades gives, in its order, for pages of any size', async () => {
      await bench.db.rawTrades.insertMany([
        ...points(25).toReversed(),
        point(5, { symbol: 'BTC-USDC' }),
        point(5, { dataType: 'Trade' }),
        point(5, { exchange: 'binance' }),
      ]);
      const queries = [
        ALL,
        { ...ALL, limit: 1 },
        { ...ALL, limit: 7 },
        { ...ALL, limit: Number.MAX_SAFE_INTEGER },
        { ...ALL, startTime: NEW_YEAR + 3, endTime: NEW_YEAR + 20 },
        { ...ALL, startTime: NEW_YEAR + 3, endTime: NEW_YEAR + 3 },
        { ...ALL, startTime: NEW_YEAR + 90, endTime: NEW_YEAR + 99 },
        { ...ALL, exchange: 'binance' },
      ];
      for (const query of queries) {
        const read = await bench.db.rawTrades.getRawTrades(query);
        for (const pageRows of SIZES) {
          await expect(allOf(streamOf(bench.db, { ...query, pageRows }))).resolves.toEqual(read);
        }
      }
      expect(inUse(bench.db)).toBe(0);
    });

    it('gives each of many messages of one instant once, wherever a page ends', async () => {
      const ids = Array.from({ length: 37 }, (_, index) => `${index}`);
      const crowd = ids.map((sourceId) => point(1, { sourceId }));
      await bench.db.rawTrades.insertMany(shuffled([point(0), ...crowd, point(2)], 1));
      const read = idsOf(await bench.db.rawTrades.getRawTrades(ALL));
      expect(read).toEqual(['trade-0', ...ids.toSorted(), 'trade-2']);
      for (const pageRows of [...SIZES, 3, 36, 37, 38]) {
        expect(idsOf(await allOf(streamOf(bench.db, { pageRows })))).toEqual(read);
        expect(idsOf(await allOf(streamOf(bench.db, { pageRows, limit: 20 })))).toEqual(read.slice(0, 20));
      }
    });

    it('goes on after ids that are hard to compare', async () => {
      const awkward = AWKWARD_TEXTS.map(([, text]) => text);
      const alike = ['a', 'A', 'á', 'aa', 'a\t', 'ab', 'Ab', 'ß', 'ss', '1', '01', '10', '9', '🚀', '🚁', '\ufffd'];
      const kept = [...new Set([...awkward, ...alike])].filter((text) => text.trim() === text);
      await bench.db.rawTrades.insertMany(kept.map((sourceId) => point(0, { sourceId })));
      const read = idsOf(await bench.db.rawTrades.getRawTrades(ALL));
      expect(read.toSorted()).toEqual(kept.toSorted());
      for (const pageRows of [1, 2, 3]) {
        expect(idsOf(await allOf(streamOf(bench.db, { pageRows })))).toEqual(read);
      }
    });

    it('gives messages unchanged, however large', async () => {
      const large = points(12).map((given, index) => ({
        ...given,
        payload: JSON.stringify({ index, text: '🚀"\\é'.repeat(5_000) }),
      }));
      await bench.db.rawTrades.insertMany(large);
      const streamed = await allOf(streamOf(bench.db, { pageRows: 5 }));
      expect(streamed.map(({ rawData }, index) => rawData === large[index]?.payload)).toEqual(Array(12).fill(true));
    });

    it('frees all that it held when it is left early or aborted', async () => {
      const db = bench.instance({ pool: { max: 1, acquireTimeoutMs: 2_000 } });
      await db.rawTrades.insertMany(points(9));
      for await (const _row of streamOf(db)) {
        break;
      }
      expect(inUse(db)).toBe(0);
      const controller = new AbortController();
      const aborted = streamOf(db, { signal: controller.signal });
      await nextOf(aborted);
      controller.abort(new Error('enough'));
      await expect(aborted.next()).rejects.toThrow('enough');
      await idle(db);
      await expect(db.rawTrades.insertMarketDataPoint(point(9))).resolves.toBe('inserted');
      await db.close();
    });

    it('reads what its transaction sees', async () => {
      await bench.db.transaction(async (tx) => {
        await tx.rawTrades.insertMany(points(5));
        const ids: string[] = [];
        for await (const { sourceId } of tx.rawTrades.streamRawTrades({ ...ALL, mode, pageRows: 2 })) {
          ids.push(sourceId);
          await tx.rawTrades.insertMarketDataPoint(point(0, { symbol: 'COPY', sourceId }));
        }
        expect(ids).toEqual(idsOf(await tx.rawTrades.getRawTrades(ALL)));
        await expect(tx.rawTrades.getRawTrades({ ...ALL, symbol: 'COPY' })).resolves.toHaveLength(5);
      });
    });

    it('fails by kind when its instance is closed, or was', async () => {
      const db = bench.instance();
      await db.rawTrades.insertMany(points(20));
      const stream = streamOf(db);
      await nextOf(stream);
      await db.close({ force: true });
      const closed = { kind: 'closed', operation: 'rawTrades.streamRawTrades' };
      await expect(failureOf(allOf(stream))).resolves.toMatchObject(closed);
      await expect(failureOf(allOf(streamOf(db)))).resolves.toMatchObject(closed);
    });

    it('refuses a faulty query at once, before it is read', () => {
      const refused = expect.objectContaining({
        kind: 'invalid-input',
        operation: 'rawTrades.streamRawTrades',
        issues: [expect.objectContaining({ path: 'dataType' })],
      });
      expect(() => streamOf(bench.db, { dataType: '' })).toThrow(refused);
    });
  });

  it('by snapshot shows nothing of what comes and goes meanwhile; by pages the next pages do', async () => {
    await bench.db.rawTrades.insertMany(points(10));
    const [fixed, moving] = [
      bench.db.rawTrades.streamRawTrades({ ...ALL, mode: 'snapshot', pageRows: 2 }),
      bench.db.rawTrades.streamRawTrades({ ...ALL, mode: 'pages', pageRows: 2 }),
    ];
    await Promise.all([nextOf(fixed), nextOf(moving)]);
    // the page that is read ahead
    await sleep(20);
    await bench.db.rawTrades.insertMany([point(10), point(7, { sourceId: 'z' })]);
    await bench.database.sql("delete from raw_trades where source_id = 'trade-5'");
    const ids = (...indexes: number[]): string[] => indexes.map((index) => `trade-${index}`);
    expect(idsOf(await allOf(fixed))).toEqual(ids(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(idsOf(await allOf(moving))).toEqual([...ids(1, 2, 3, 4, 6, 7), 'z', ...ids(8, 9, 10)]);
  });
});
