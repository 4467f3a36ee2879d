import { once } from 'node:events';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { CandleInput } from '../../src/index.ts';
import { holdUp } from '../support/hold-up.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const ROWS = 500;

function* minutes(count = ROWS): Generator<CandleInput> {
  for (let minute = 0; minute < count; minute += 1) {
    yield candle(minute);
  }
}

async function* minutesThatFail(): AsyncGenerator<CandleInput> {
  yield* minutes(3);
  throw new Error('the feed broke off');
}

onEveryDatabase('writers as streams of Node', (bench) => {
  const storedCandles = async (): Promise<number> => (await storedRows(bench.database)).marketData;

  describe('take', () => {
    it('a pipeline from a generator', async () => {
      const writer = bench.db.marketData.candleWriter({ batchRows: 50 });
      await pipeline(() => minutes(), writer);
      await expect(storedCandles()).resolves.toBe(ROWS);
      expect(writer.stats()).toMatchObject({ written: ROWS, queued: 0 });
    });

    it('a pipeline from a stream, in less than a batch and in many', async () => {
      await pipeline(Readable.from(minutes(3)), bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS }));
      await expect(storedCandles()).resolves.toBe(3);
      await pipeline(Readable.from(minutes()), bench.db.marketData.candleWriter({ batchRows: 10, highWaterMark: 20 }));
      await expect(storedCandles()).resolves.toBe(ROWS);
    });

    it('what is piped into them', async () => {
      const writer = bench.db.marketData.candleWriter({ batchRows: 10, highWaterMark: 20 });
      Readable.from(minutes()).pipe(writer);
      await finished(writer);
      await expect(storedCandles()).resolves.toBe(ROWS);
    });

    it('a last row with `end()`, and store all before they finish', async () => {
      const writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
      writer.write(candle(0));
      const closed = once(writer, 'close');
      writer.end(candle(1));
      expect(writer.writableFinished).toBe(false);
      await once(writer, 'finish');
      await expect(storedCandles()).resolves.toBe(2);
      await closed;
    });

    it('no row after `end()`', async () => {
      const writer = bench.db.marketData.candleWriter();
      writer.end();
      const failed = once(writer, 'error');
      expect(writer.write(candle())).toBe(false);
      await expect(failed).resolves.toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }]);
    });
  });

  it('hold no more than their mark while the database is held up, and go on when it is back', async () => {
    const letGo = await holdUp(bench.instance(), candle(0));
    const writer = bench.db.marketData.candleWriter({ batchRows: 10, highWaterMark: 40 });
    let most = 0;
    let taken = 0;
    const producing = (async () => {
      for (const row of minutes()) {
        const goOn = writer.write(row);
        taken += 1;
        most = Math.max(most, writer.stats().queued);
        if (!goOn) {
          await once(writer, 'drain');
        }
      }
    })();
    await until(() => taken === 40);
    await sleep(50);
    expect([taken, most]).toEqual([40, 40]);
    await letGo();
    await producing;
    await writer[Symbol.asyncDispose]();
    expect(most).toBe(40);
    await expect(storedCandles()).resolves.toBe(ROWS);
  });

  it('make the source of a pipeline wait while the database is held up', async () => {
    const letGo = await holdUp(bench.instance(), candle(0));
    let taken = 0;
    const source = async function* () {
      for (const row of minutes(200)) {
        taken += 1;
        yield row;
      }
    };
    const recorded = pipeline(source, bench.db.marketData.candleWriter({ batchRows: 10, highWaterMark: 40 }));
    await until(() => taken === 40);
    await sleep(50);
    expect(taken).toBe(40);
    await letGo();
    await recorded;
    expect(taken).toBe(200);
    await expect(storedCandles()).resolves.toBe(200);
  });

  it('store everything before `await using` goes on', async () => {
    {
      await using writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
      for (const row of minutes(7)) {
        writer.write(row);
      }
    }
    await expect(storedCandles()).resolves.toBe(7);
  });

  it('may be disposed of after they were ended', async () => {
    const writer = bench.db.marketData.candleWriter();
    await pipeline(() => minutes(2), writer);
    await writer[Symbol.asyncDispose]();
    await writer[Symbol.asyncDispose]();
  });

  it('drop what is not stored when destroyed, and still have it', async () => {
    const writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
    writer.write(candle(0));
    writer.write(candle(1));
    writer.destroy();
    await once(writer, 'close');
    await sleep(20);
    await expect(storedCandles()).resolves.toBe(0);
    expect(writer.unwritten).toMatchObject([{ close: '42005' }, { symbol: 'BTC-USDT' }]);
    expect(writer.stats().queued).toBe(2);

    const result = await bench.db.marketData.upsertCandles(writer.unwritten);
    expect(result).toMatchObject({ inserted: 2, rejected: [] });
  });

  it('are destroyed by their signal, also by one that was given already', async () => {
    const stop = new AbortController();
    const writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS, signal: stop.signal });
    writer.write(candle());
    const failed = once(writer, 'error');
    stop.abort();
    await expect(failed).resolves.toMatchObject([{ name: 'AbortError' }]);
    expect(writer.unwritten.length).toBe(1);

    const late = bench.db.marketData.candleWriter({ signal: stop.signal });
    await expect(once(late, 'error')).resolves.toMatchObject([{ name: 'AbortError' }]);
  });

  it('are destroyed when the source of a pipeline fails, and still have what is not stored', async () => {
    const writer = bench.db.marketData.candleWriter({ flushIntervalMs: HOUR_MS });
    await expect(pipeline(minutesThatFail, writer)).rejects.toThrow('the feed broke off');
    expect([writer.destroyed, writer.unwritten.length]).toEqual([true, 3]);
  });

  it('make a pipeline fail at a faulty row without a listener for it', async () => {
    const source = Readable.from([candle(0), candle(1, { high: '1' }), candle(2)]);
    await expect(pipeline(source, bench.db.marketData.candleWriter())).rejects.toMatchObject({
      kind: 'invalid-input',
      operation: 'marketData.candleWriter',
      issues: expect.arrayContaining([expect.objectContaining({ path: 'open' })]),
    });
    expect(source.destroyed).toBe(true);
  });
});
