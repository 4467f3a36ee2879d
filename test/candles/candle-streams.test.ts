import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Candle, CandleStreamQuery, DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, MINUTE, NEW_YEAR, SERIES } from '../support/samples.ts';
import { allOf, idle, inUse, nextOf } from '../support/streamed.ts';
import { until } from '../support/until.ts';

const MODES = ['pages', 'snapshot'] as const;
const ALL = { ...SERIES, ...ALWAYS };
const at = (minute: number): Date => new Date(NEW_YEAR + minute * MINUTE);
const minuteOf = ({ startTime }: Candle): number => (startTime.getTime() - NEW_YEAR) / MINUTE;
const candles = (count: number) => Array.from({ length: count }, (_, minute) => candle(minute));

onEveryDatabase('a stream of candles', (bench) => {
  describe.each(MODES)('by %s', (mode) => {
    const streamOf = (db: DatabaseOperations, options: Partial<CandleStreamQuery> = {}) =>
      db.marketData.streamCandles({ ...ALL, mode, pageRows: 2, ...options });

    it('gives what getCandles gives, in its order, for pages of any size', async () => {
      const series = Array.from({ length: 23 }, (_, minute) => candle(minute, { closed: minute % 3 > 0 }));
      await bench.db.marketData.upsertCandles([
        ...series.toReversed(),
        candle(5, { symbol: 'BTC-USDC' }),
        candle(5, { symbol: 'BTC-USDT-SWAP' }),
        candle(5, { exchange: 'binance' }),
        candle(5, { timeframe: '5m' }),
      ]);
      const queries = [
        ALL,
        { ...ALL, order: 'desc' },
        { ...ALL, closedOnly: true },
        { ...ALL, closedOnly: true, order: 'desc', limit: 9 },
        { ...ALL, limit: 1 },
        { ...ALL, limit: 7 },
        { ...ALL, limit: 23, order: 'desc' },
        { ...ALL, limit: Number.MAX_SAFE_INTEGER },
        { ...SERIES, startTime: at(3), endTime: new Date(at(17).getTime() + 1) },
        { ...SERIES, startTime: at(3), endTime: at(3) },
        { ...SERIES, startTime: at(40), endTime: at(50) },
        { ...ALL, exchange: 'binance' },
      ] as const;
      for (const query of queries) {
        const read = await bench.db.marketData.getCandles(query);
        for (const pageRows of [1, 2, 7, 23, 1_000]) {
          const streamed = await allOf(bench.db.marketData.streamCandles({ ...query, mode, pageRows }));
          expect(streamed).toEqual(read);
        }
      }
      expect(inUse(bench.db)).toBe(0);
    });

    it('gives more rows than its first, small page has', async () => {
      await bench.db.marketData.upsertCandles(candles(450));
      const read = await bench.db.marketData.getCandles(ALL);
      for (const pageRows of [undefined, 240]) {
        await expect(allOf(streamOf(bench.db, { pageRows }))).resolves.toEqual(read);
        await expect(allOf(streamOf(bench.db, { pageRows, order: 'desc' }))).resolves.toEqual(read.toReversed());
      }
    });

    it('reads a series whose names are awkward', async () => {
      const names = { exchange: "o'k\\x", symbol: '🚀BTC-`币`' };
      await bench.db.marketData.upsertCandles(candles(5).map((given) => ({ ...given, ...names })));
      expect((await allOf(streamOf(bench.db, names))).map(minuteOf)).toEqual([0, 1, 2, 3, 4]);
    });

    it('holds nothing before its first row is asked for', async () => {
      const db = bench.instance();
      const stream = streamOf(db);
      await sleep(5);
      expect(db.pool.size).toBe(0);
      await stream.return();
      await streamOf(db).return();
      streamOf(db);
      await db.close();
    });

    describe('that is left early', () => {
      const enough = new Error('enough');
      const ways: readonly (readonly [how: string, leave: (db: DatabaseOperations) => Promise<void>])[] = [
        [
          'by break',
          async (db) => {
            for await (const _candle of streamOf(db)) {
              break;
            }
          },
        ],
        [
          'by an error in the loop',
          async (db) => {
            const loop = async () => {
              for await (const _candle of streamOf(db)) {
                throw enough;
              }
            };
            await expect(loop()).rejects.toBe(enough);
          },
        ],
        [
          'by return()',
          async (db) => {
            const stream = streamOf(db);
            await stream.next();
            await stream.return();
            await expect(stream.next()).resolves.toMatchObject({ done: true });
          },
        ],
        [
          'by using no more of it',
          async (db) => {
            await using stream = streamOf(db);
            await stream.next();
          },
        ],
        [
          'by an abort',
          async (db) => {
            const controller = new AbortController();
            const stream = streamOf(db, { signal: controller.signal });
            await stream.next();
            controller.abort(enough);
            await expect(stream.next()).rejects.toBe(enough);
            // an abort waits for nothing, so what it has freed may be back a little later
            await idle(db);
          },
        ],
      ];

      it.each(ways)('%s frees all that it held', async (_how, leave) => {
        const db = bench.instance({ pool: { max: 1, acquireTimeoutMs: 2_000 } });
        await db.marketData.upsertCandles(candles(9));
        await leave(db);
        expect(db.pool).toMatchObject({ size: 1, free: 1, pending: 0 });
        // the next user of the connection may write, and what it writes is stored
        await expect(db.marketData.upsertCandle(candle(9))).resolves.toBe('inserted');
        await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(10);
        await db.close();
      });
    });

    describe('whose signal is aborted', () => {
      const reason = new Error('enough');

      it('fails with its reason before it connects', async () => {
        const db = bench.instance();
        const stream = streamOf(db, { signal: AbortSignal.abort(reason) });
        await expect(stream.next()).rejects.toBe(reason);
        await sleep(20);
        expect(db.pool.size).toBe(0);
      });

      it('fails with its reason at the next row', async () => {
        await bench.db.marketData.upsertCandles(candles(9));
        const controller = new AbortController();
        const minutes: number[] = [];
        const loop = async () => {
          for await (const read of streamOf(bench.db, { signal: controller.signal, pageRows: 100 })) {
            minutes.push(minuteOf(read));
            if (minutes.length === 3) {
              controller.abort(reason);
            }
          }
        };
        await expect(loop()).rejects.toBe(reason);
        expect(minutes).toEqual([0, 1, 2]);
        await idle(bench.db);
      });

      it('has left no listener on it', async () => {
        await bench.db.marketData.upsertCandles(candles(30));
        const { signal } = new AbortController();
        for await (const _candle of streamOf(bench.db, { signal, pageRows: 1 })) {
          expect(getEventListeners(signal, 'abort').length).toBe(0);
        }
        expect(getEventListeners(signal, 'abort').length).toBe(0);
      });
    });

    it('reads one page ahead and no more, however slow the loop is', async () => {
      const pages: string[] = [];
      const nothing = () => undefined;
      const debug = (_details: object, statement: string) => {
        if (statement.startsWith('select `start_time`')) {
          pages.push(statement);
        }
      };
      const logger = { debug, info: nothing, warn: nothing, error: nothing };
      const db = bench.instance({ logger, logQueries: true });
      await db.marketData.upsertCandles(candles(20));
      let row = 0;
      for await (const _candle of streamOf(db, { limit: 12 })) {
        const ahead = Math.min(6, Math.floor(row / 2) + 2);
        while (pages.length < ahead) {
          await sleep(1);
        }
        await sleep(5);
        expect(pages.length).toBe(ahead);
        row += 1;
      }
      expect(row).toBe(12);
    });

    describe('in a transaction', () => {
      it('reads what the transaction sees, and other statements have their turn', async () => {
        await bench.db.marketData.upsertCandles(candles(6));
        await bench.db.transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(6));
          await tx.marketData.upsertCandle(candle(3, { close: '42001' }), true);
          const read: Candle[] = [];
          for await (const given of tx.marketData.streamCandles({ ...ALL, mode, pageRows: 2 })) {
            read.push(given);
            await tx.marketData.upsertCandle(candle(minuteOf(given), { symbol: 'COPY' }));
            await tx.transaction((inner) => inner.marketData.getLatestCandle(SERIES));
          }
          expect(read.map(minuteOf)).toEqual([0, 1, 2, 3, 4, 5, 6]);
          expect(read[3]?.close).toBe('42001');
          await expect(tx.marketData.countCandles({ symbol: 'COPY' })).resolves.toBe(7);
        });
        await expect(bench.db.marketData.countCandles({ symbol: 'COPY' })).resolves.toBe(7);
      });

      it('shows a row that the transaction writes ahead of it', async () => {
        await bench.db.transaction(async (tx) => {
          await tx.marketData.upsertCandles(candles(6));
          const stream = tx.marketData.streamCandles({ ...ALL, mode, pageRows: 2 });
          await nextOf(stream);
          await tx.marketData.upsertCandle(candle(5, { close: '42001' }), true);
          await tx.marketData.upsertCandle(candle(6));
          const rest = await allOf(stream);
          expect(rest.map(minuteOf)).toEqual([1, 2, 3, 4, 5, 6]);
          expect(rest[4]?.close).toBe('42001');
        });
      });

      it('may be left early, or left alone; after its end it gives nothing more', async () => {
        await bench.db.marketData.upsertCandles(candles(9));
        const kept = await bench.db.transaction(async (tx) => {
          for await (const _candle of tx.marketData.streamCandles({ ...ALL, mode, pageRows: 2 })) {
            break;
          }
          const stream = tx.marketData.streamCandles({ ...ALL, mode, pageRows: 2 });
          await nextOf(stream);
          await tx.marketData.upsertCandle(candle(9));
          return stream;
        });
        expect(inUse(bench.db)).toBe(0);
        await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(10);
        await expect(failureOf(allOf(kept))).resolves.toMatchObject({
          kind: 'closed',
          operation: 'marketData.streamCandles',
        });
      });

      it('may begin outside of a savepoint and go on inside of it', async () => {
        await bench.db.transaction(async (tx) => {
          await tx.marketData.upsertCandles(candles(7));
          const stream = tx.marketData.streamCandles({ ...ALL, mode, pageRows: 2 });
          await nextOf(stream);
          const inside = await tx.transaction(async (inner) => {
            await inner.marketData.upsertCandle(candle(7));
            return [await nextOf(stream), await nextOf(stream), await nextOf(stream)].map(minuteOf);
          });
          expect([...inside, ...(await allOf(stream)).map(minuteOf)]).toEqual([1, 2, 3, 4, 5, 6, 7]);
        });
      });
    });

    it('fails by kind when its instance was closed', async () => {
      const db = bench.instance();
      await db.close();
      const closed = { kind: 'closed', operation: 'marketData.streamCandles', attempts: 0 };
      await expect(failureOf(streamOf(db).next())).resolves.toMatchObject(closed);
    });

    it('ends with the kind `closed` when its instance is closed by force', async () => {
      const db = bench.instance();
      await db.marketData.upsertCandles(candles(20));
      const stream = streamOf(db);
      await nextOf(stream);
      await db.close({ force: true });
      await expect(failureOf(allOf(stream))).resolves.toMatchObject({
        kind: 'closed',
        operation: 'marketData.streamCandles',
      });
    });

    it('ends with the kind `closed` when its instance is closed by force while it opens', async () => {
      const db = bench.instance();
      await db.connect();
      await db.marketData.upsertCandles(candles(20));
      const rows = failureOf(allOf(streamOf(db)));
      await db.close({ force: true });
      await expect(rows).resolves.toMatchObject({ kind: 'closed', operation: 'marketData.streamCandles' });
    });

    it('refuses a faulty query at once, before it is read', () => {
      const refused = (path: string) =>
        expect.objectContaining({
          kind: 'invalid-input',
          operation: 'marketData.streamCandles',
          issues: [expect.objectContaining({ path })],
        });
      expect(() => streamOf(bench.db, { pageRows: 0 })).toThrow(refused('pageRows'));
      expect(() => streamOf(bench.db, { endTime: -1 })).toThrow(refused('endTime'));
    });
  });

  describe('by pages', () => {
    const streamOf = (db: DatabaseOperations) => db.marketData.streamCandles({ ...ALL, pageRows: 2 });

    it('is the default mode, and holds no connection while the loop works', async () => {
      await bench.db.marketData.upsertCandles(candles(9));
      for await (const _candle of streamOf(bench.db)) {
        // the next page is read ahead
        await until(() => inUse(bench.db) === 0);
      }
    });

    it('shows what others change meanwhile, in the pages that are not read yet', async () => {
      await bench.db.marketData.upsertCandles(candles(10));
      const stream = streamOf(bench.db);
      await nextOf(stream);
      await sleep(20);
      const other = bench.instance();
      await other.marketData.upsertCandle(candle(1, { close: '42001' }), true);
      await other.marketData.upsertCandle(candle(6, { close: '42001' }), true);
      await other.marketData.deleteCandles({ ...SERIES, startTime: at(7), endTime: at(9) });
      await bench.db.marketData.upsertCandle(candle(10));
      const rest = await allOf(stream);
      expect(rest.map(minuteOf)).toEqual([1, 2, 3, 4, 5, 6, 9, 10]);
      expect(rest.map(({ close }) => close)).toEqual([...Array(5).fill('42005'), '42001', '42005', '42005']);
    });

    it('fails with its reason when it is aborted while it waits for a connection', async () => {
      const db = bench.instance({ pool: { max: 1 } });
      await db.marketData.upsertCandle(candle());
      const controller = new AbortController();
      const reason = new Error('enough');
      await db.transaction(async (tx) => {
        const next = db.marketData.streamCandles({ ...ALL, signal: controller.signal }).next();
        await until(() => db.pool.pending === 1);
        controller.abort(reason);
        await expect(next).rejects.toBe(reason);
        await tx.marketData.upsertCandle(candle(1));
      });
      await idle(db);
      await expect(db.marketData.countCandles(SERIES)).resolves.toBe(2);
    });

    it('does not keep its instance from closing: the next page fails with the kind `closed`', async () => {
      const db = bench.instance();
      await db.marketData.upsertCandles(candles(20));
      const stream = streamOf(db);
      const minutes = [minuteOf(await nextOf(stream))];
      await db.close();
      const loop = async () => {
        for await (const read of stream) {
          minutes.push(minuteOf(read));
        }
      };
      await expect(failureOf(loop())).resolves.toMatchObject({ kind: 'closed', operation: 'marketData.streamCandles' });
      // the pages that were there are not lost
      expect(minutes).toEqual([0, 1, 2, 3]);
    });
  });

  describe('by snapshot', () => {
    const streamOf = (db: DatabaseOperations) => db.marketData.streamCandles({ ...ALL, mode: 'snapshot', pageRows: 2 });

    it('shows nothing that is written meanwhile, by others or by its own instance', async () => {
      await bench.db.marketData.upsertCandles(candles(10));
      const before = await bench.db.marketData.getCandles(ALL);
      const other = bench.instance();
      const streamed: Candle[] = [];
      for await (const read of streamOf(bench.db)) {
        streamed.push(read);
        const minute = minuteOf(read);
        // ahead of it, by turns: a change, a row that goes and a new one
        const writer = minute % 2 === 0 ? bench.db : other;
        await writer.marketData.upsertCandle(candle(9 - minute, { close: '42001' }), true);
        await writer.marketData.deleteCandles({ ...SERIES, startTime: at(minute + 1), endTime: at(minute + 2) });
        await writer.marketData.upsertCandle(candle(10 + minute));
      }
      expect(streamed).toEqual(before);
      await expect(bench.db.marketData.getCandles(ALL)).resolves.not.toEqual(before);
    });

    it('is over when its last row was asked for: the next one shows what is stored then', async () => {
      const db = bench.instance({ pool: { max: 1 } });
      await db.marketData.upsertCandles(candles(3));
      await expect(allOf(streamOf(db))).resolves.toHaveLength(3);
      await db.marketData.upsertCandle(candle(3));
      await expect(allOf(streamOf(db))).resolves.toHaveLength(4);
      await expect(allOf(streamOf(db))).resolves.toHaveLength(4);
    });

    it('shows each of two streams that run side by side its own moment', async () => {
      await bench.db.marketData.upsertCandles(candles(4));
      const earlier = streamOf(bench.db);
      await nextOf(earlier);
      await bench.db.marketData.upsertCandles(candles(6));
      const later = streamOf(bench.db);
      await nextOf(later);
      await bench.db.marketData.upsertCandles(candles(8));
      const [ofEarlier, ofLater] = await Promise.all([allOf(earlier), allOf(later)]);
      expect([ofEarlier.length, ofLater.length]).toEqual([3, 5]);
    });

    it('keeps its instance from closing until it is over', async () => {
      const db = bench.instance();
      await db.marketData.upsertCandles(candles(20));
      const stream = streamOf(db);
      await nextOf(stream);
      let closed = false;
      const closing = db.close().then(() => {
        closed = true;
      });
      await sleep(20);
      await expect(allOf(stream)).resolves.toHaveLength(19);
      expect(closed).toBe(false);
      await closing;
    });

    it('lets a second, forced close end it', async () => {
      const db = bench.instance();
      await db.marketData.upsertCandles(candles(20));
      const stream = streamOf(db);
      await nextOf(stream);
      const closing = db.close();
      await db.close({ force: true });
      await closing;
      await expect(failureOf(allOf(stream))).resolves.toMatchObject({ kind: 'closed' });
    });
  });
});
