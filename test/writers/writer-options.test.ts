import { expect, it } from '@jest/globals';
import { type CandleWriterOptions, DatabaseOperations, isInvalidInputError } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import type { Fault } from '../support/refused.ts';
import { candle } from '../support/samples.ts';
import { until } from '../support/until.ts';

const FAULTS: readonly Fault[] = [
  ['no object', 5, ''],
  ['null', null, ''],
  ['a misspelt option', { batchSize: 5 }, 'batchSize'],
  ['no rows', { batchRows: 0 }, 'batchRows', /at least 1/],
  ['half a row', { batchRows: 1.5 }, 'batchRows', /whole number of rows/],
  ['text for rows', { batchRows: '5' }, 'batchRows'],
  ['endless rows', { batchRows: Number.POSITIVE_INFINITY }, 'batchRows'],
  ['too many rows', { batchRows: 1_000_001 }, 'batchRows', /at most 1000000/],
  ['no bytes', { batchBytes: 0 }, 'batchBytes'],
  ['no number of bytes', { batchBytes: Number.NaN }, 'batchBytes'],
  ['no time', { flushIntervalMs: 0 }, 'flushIntervalMs'],
  ['more time than a timer can wait', { flushIntervalMs: 2_147_483_648 }, 'flushIntervalMs'],
  ['a mark below a batch', { batchRows: 100, highWaterMark: 99 }, 'highWaterMark', /at least batchRows \(100\)/],
  ['a negative mark', { highWaterMark: -1 }, 'highWaterMark'],
  ['no signal', { signal: 'stop' }, 'signal', /an AbortSignal/],
];

onEveryDatabase('the options of writers', (bench) => {
  it.each(FAULTS)('refuse %s by the name of the option', (_what, options, path, says = /./) => {
    const makers = {
      'marketData.candleWriter': () => bench.db.marketData.candleWriter(options as CandleWriterOptions),
      'rawTrades.rawTradeWriter': () => bench.db.rawTrades.rawTradeWriter(options as CandleWriterOptions),
    };
    for (const [operation, make] of Object.entries(makers)) {
      const error = thrownBy(make);
      expect(isInvalidInputError(error)).toBe(true);
      expect(error).toMatchObject({ operation, issues: [{ path, expected: expect.stringMatching(says) }] });
    }
  });

  it('refuse a mode that there is not, and any for raw trades', () => {
    const always = { forceUpdate: 'always' } as unknown as CandleWriterOptions;
    const fault = { issues: [{ path: 'forceUpdate' }] };
    expect(thrownBy(() => bench.db.marketData.candleWriter(always))).toMatchObject(fault);
    const overwrite = { forceUpdate: true } as object;
    expect(thrownBy(() => bench.db.rawTrades.rawTradeWriter(overwrite))).toMatchObject(fault);
  });

  it('follow from each other where they are left out', () => {
    const markOf = (options: CandleWriterOptions) => bench.db.marketData.candleWriter(options).writableHighWaterMark;
    expect(markOf({})).toBe(20_000);
    expect(markOf({ batchRows: 10 })).toBe(40);
    expect(markOf({ highWaterMark: 100 })).toBe(100);
    expect(markOf({ highWaterMark: 1 })).toBe(1);
    expect(markOf({ batchRows: 10, highWaterMark: 10 })).toBe(10);
  });

  it('make a batch of a quarter of the mark, where only the mark is given', async () => {
    await using writer = bench.db.marketData.candleWriter({ highWaterMark: 8, flushIntervalMs: 3_600_000 });
    writer.write(candle(0));
    expect(writer.stats().queued).toBe(1);
    writer.write(candle(1));
    await until(() => writer.stats().queued === 0);
    expect(writer.stats()).toMatchObject({ inserted: 2, queued: 0 });
  });

  it('open no connection', () => {
    const db = new DatabaseOperations({ url: 'mysql://nobody@127.0.0.1:1/nothing' });
    db.marketData.candleWriter();
    db.rawTrades.rawTradeWriter();
    expect(db.pool.size).toBe(0);
  });
});

function thrownBy(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  throw new Error('it was made');
}
