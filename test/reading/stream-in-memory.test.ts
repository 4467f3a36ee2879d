import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { allOf, idle, inUse, nextOf } from '../support/streamed.ts';

describe('a stream of a database in memory, which is its one connection', () => {
  let db: DatabaseOperations;
  const streamOf = (mode: 'pages' | 'snapshot', signal?: AbortSignal) =>
    db.marketData.streamCandles({ ...SERIES, ...ALWAYS, mode, pageRows: 2, signal });

  beforeEach(async () => {
    db = new DatabaseOperations({ url: 'sqlite::memory:', pool: { acquireTimeoutMs: 100 } });
    await db.marketData.upsertCandles(Array.from({ length: 9 }, (_, minute) => candle(minute)));
  });

  afterEach(() => db.close());

  it('by pages leaves the connection to whoever needs it meanwhile', async () => {
    let rows = 0;
    for await (const { startTime } of streamOf('pages')) {
      rows += 1;
      await db.marketData.upsertCandle(candle(0, { symbol: 'COPY', startTime }));
    }
    expect(rows).toBe(9);
    await expect(db.marketData.countCandles({ symbol: 'COPY' })).resolves.toBe(9);
  });

  it('by snapshot has the connection until the end: what else is asked meanwhile waits for it', async () => {
    const stream = streamOf('snapshot');
    await nextOf(stream);
    await expect(failureOf(db.marketData.upsertCandle(candle(9)))).resolves.toMatchObject({ kind: 'timeout' });
    const waiting = db.marketData.upsertCandle(candle(10));
    await expect(allOf(stream)).resolves.toHaveLength(8);
    await expect(waiting).resolves.toBe('inserted');
  });

  it('by snapshot may be left early or aborted, and takes writes again', async () => {
    for await (const _candle of streamOf('snapshot')) {
      break;
    }
    expect(inUse(db)).toBe(0);
    const controller = new AbortController();
    const aborted = streamOf('snapshot', controller.signal);
    await nextOf(aborted);
    controller.abort(new Error('enough'));
    await expect(aborted.next()).rejects.toThrow('enough');
    await idle(db);
    await expect(db.marketData.upsertCandle(candle(9))).resolves.toBe('inserted');
  });

  it('by snapshot that waits for the connection ends at once when it is aborted', async () => {
    const controller = new AbortController();
    await db.transaction(async (tx) => {
      const next = streamOf('snapshot', controller.signal).next();
      controller.abort(new Error('enough'));
      await expect(next).rejects.toThrow('enough');
      await tx.marketData.upsertCandle(candle(9));
    });
    await idle(db);
    await expect(db.marketData.upsertCandle(candle(10))).resolves.toBe('inserted');
  });

  it('by snapshot in a transaction reads what that sees, and lets it go on', async () => {
    await db.transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle(9));
      let rows = 0;
      for await (const { startTime } of tx.marketData.streamCandles({ ...SERIES, ...ALWAYS, mode: 'snapshot' })) {
        rows += 1;
        await tx.marketData.upsertCandle(candle(0, { symbol: 'COPY', startTime }));
      }
      expect(rows).toBe(10);
    });
  });
});
