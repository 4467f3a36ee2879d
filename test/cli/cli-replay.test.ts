import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { CliFolder, finished } from './run-cli.ts';

const CONNECTION = 'wss://ws.okx.com:8443/ws/v5/public <-> 1700000000.5';
const MINUTE = 1_699_999_980_000;
const series = { exchange: 'okx', symbol: 'A-B', timeframe: '1m' } as const;

const candle = (second: number, close: string, confirm: '0' | '1', start = MINUTE): string =>
  `${1_700_000_000 + second}.25: {"arg":{"channel":"candle1m","instId":"A-B"},"data":[["${start}","1","9","1","${close}","5","5","5","${confirm}"]]}`;
const trade = (id: number): string =>
  `1700000001.75: {"arg":{"channel":"trades","instId":"A-B"},"data":[{"instId":"A-B","tradeId":"${id}","px":"1.10","ts":"1700000001700"}]}`;
const capture = (...lines: string[]): string => `${[CONNECTION, ...lines].join('\n')}\n`;

describe('replay', () => {
  test('stores each message unchanged, and the last version of each candle', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file(
      'a.ws',
      capture(trade(1), candle(1, '2', '0'), candle(2, '3', '1'), candle(3, '4', '0')),
    );
    expect(await folder.json('replay', name)).toEqual({
      files: [name],
      lines: 5,
      messages: { read: 4, stored: 4, alreadyStored: 0, rejected: 0 },
      dataTypes: { trade: { messages: 1, items: 1 }, candle: { messages: 3, items: 3 } },
      candleRows: { read: 3, inserted: 1, updated: 0, unchanged: 2, rejected: 0, skipped: 0 },
      control: 0,
      transport: 1,
      empty: 0,
      broken: 0,
      interrupted: false,
      problems: [],
      skipped: [],
    });
    await using db = folder.database();
    expect(await db.marketData.getLatestCandle(series)).toMatchObject({ close: '3', closed: true });
    const [stored] = await db.rawTrades.getRawTrades({ ...query, dataType: 'trade' });
    expect(stored).toMatchObject({
      sourceId: '1',
      timestamp: new Date(1_700_000_001_700),
      receivedAt: new Date(1_700_000_001_750),
      rawData: trade(1).slice('1700000001.75: '.length),
    });
  });

  test('changes nothing a second time, under another name and after the capture has grown', async () => {
    await using folder = await CliFolder.make();
    // open versions over several batches: written again, each would set the candle back and forth
    const versions = Array.from({ length: 1_200 }, (_, index) => candle(index % 30, `${(index % 9) + 1}`, '0'));
    const name = await folder.file('a.ws', capture(...versions));
    await folder.json('replay', name);
    await rename(join(folder.path, name), join(folder.path, 'b.ws'));
    const unchanged = { inserted: 0, updated: 0, unchanged: 1_200 };
    expect(await folder.json('replay', 'b.ws')).toMatchObject({
      messages: { stored: 0, alreadyStored: 1_200 },
      candleRows: unchanged,
    });
    expect((await folder.run(['replay', 'b.ws'])).stdout).toContain('Everything was already stored');
    await folder.file('b.ws', capture(...versions, candle(40, '8', '0'), candle(41, '7', '0', MINUTE + 60_000)));
    expect(await folder.json('replay', 'b.ws')).toMatchObject({
      messages: { stored: 2, alreadyStored: 1_200 },
      candleRows: { inserted: 1, updated: 1, unchanged: 1_200 },
    });
  });

  test('brings back deleted candles, in their last version', async () => {
    await using folder = await CliFolder.make();
    const versions = Array.from({ length: 1_100 }, (_, index) => candle(index % 30, `${(index % 9) + 1}`, '0'));
    const name = await folder.file('a.ws', capture(...versions));
    await folder.json('replay', name);
    await using db = folder.database();
    const before = await db.marketData.getLatestCandle(series);
    await db.marketData.deleteCandles({ ...series, startTime: 0, endTime: '2100-01-01T00:00:00Z' });
    expect(await folder.json('replay', name)).toMatchObject({ messages: { stored: 0 }, candleRows: { inserted: 1 } });
    expect((await db.marketData.getLatestCandle(series))?.close).toBe(before?.close);
  });

  test('passes over broken lines and rejected rows, names them each time, and stores the rest', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file(
      'a.ws',
      capture(trade(1), trade(2).slice(0, -9), '', candle(1, '99', '1'), trade(3)),
    );
    for (const stored of [3, 0]) {
      const { code, stdout, stderr } = await folder.run(['replay', name, '--json']);
      expect(code).toBe(1);
      expect(stderr).toBe(
        'tradestore: everything is stored except 1 broken line and 1 rejected row; look at them in the capture\n',
      );
      expect(JSON.parse(stdout)).toMatchObject({
        messages: { read: 3, stored },
        candleRows: { read: 1, rejected: 1 },
        empty: 1,
        broken: 1,
        problems: [
          { file: name, line: 3, reason: expect.stringContaining('cut off') },
          { file: name, line: 5, reason: expect.stringContaining('close: expected a price not above high') },
        ],
      });
    }
  });

  test('keeps messages of an unknown timeframe, and says that their candles were skipped', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('a.ws', capture(candle(1, '2', '0').replace('candle1m', 'candle2D')));
    expect(await folder.json('replay', name)).toMatchObject({
      messages: { stored: 1 },
      candleRows: { read: 1, skipped: 1 },
      skipped: [{ reason: expect.stringContaining('candle2D'), rows: 1 }],
    });
  });

  test('takes the exchange from the option, the connection or the name, and else asks for it', async () => {
    await using folder = await CliFolder.make();
    await folder.file('unnamed.ws', `${trade(1)}\n`);
    await folder.file('OKCOIN.ws.1', `${trade(1)}\n`);
    const { code, stderr } = await folder.run(['replay', 'unnamed.ws']);
    expect(code).toBe(2);
    expect(stderr).toContain('add --exchange');
    await folder.json('replay', 'unnamed.ws', '--exchange', 'bitget');
    await folder.json('replay', 'OKCOIN.ws.1');
    await using db = folder.database();
    const { series: stored } = await db.rawTrades.getRawDataStats();
    expect(stored.map(({ exchange }) => exchange)).toEqual(['bitget', 'okcoin']);
  });

  test('refuses an exchange other than the one the capture is connected to', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('a.ws', capture(trade(1)));
    const { code, stdout, stderr } = await folder.run(['replay', name, '--exchange', 'bitget']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('line 1 of a.ws is a connection to okx, not to bitget');
    await using db = folder.database();
    expect((await db.getStats()).rawTradeCount).toBe(0);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('interrupted by %s stores the current batch, says so and ends with %d', async (signal, exitCode) => {
    await using folder = await CliFolder.make();
    const trades = Array.from({ length: 700 }, (_, index) => trade(index));
    const child = folder.start(['replay', '-', '--json']);
    const result = finished(child);
    // one batch is stored at once; the rest is in hand, and more may come
    child.stdin.write(capture(...trades));
    await using db = folder.database();
    while (((await db.getStats()).rawTradeCount ?? 0) < 500) {
      await sleep(20);
    }
    child.kill(signal);
    const { code, stdout, stderr } = await result;
    expect(code).toBe(exitCode);
    expect(stderr).toContain('finishing the current batch');
    expect(JSON.parse(stdout)).toMatchObject({ interrupted: true, messages: { stored: 700 } });
    expect((await db.getStats()).rawTradeCount).toBe(700);
  });
});

const query = { exchange: 'okx', symbol: 'A-B', startTime: 0, endTime: '2100-01-01T00:00:00Z' };
