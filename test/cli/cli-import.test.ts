import { describe, expect, test } from '@jest/globals';
import { CliFolder, finished } from './run-cli.ts';

const START = Date.UTC(2025, 0, 1);
const HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';

/** One minute of candles in Binance's form, in microseconds. */
function row(minute: number, close = '1.5'): string {
  const start = START + minute * 60_000;
  return `${start}000,1.10,2,1,${close},10.5,${start + 59_999}999,15,${minute},5,7,0`;
}

const rows = (count: number, close?: string) =>
  Array.from({ length: count }, (_, minute) => row(minute, close)).join('\n');

describe('import of a CSV in the form of Binance', () => {
  test('takes exchange, symbol and timeframe from the name and counts every row', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('BTCUSDT-1m-2025-01.csv', `${HEADER}\n${rows(2_500)}\n`);
    expect(await folder.json('import', name)).toEqual({
      files: [name],
      read: 2_500,
      inserted: 2_500,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      interrupted: false,
      rejections: [],
    });
    await using db = folder.database();
    const series = { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1m' } as const;
    expect(await db.marketData.getLatestCandle(series)).toMatchObject({
      startTime: new Date(START + 2_499 * 60_000),
      open: '1.1',
      volume: '10.5',
      tradeCount: 2_499,
      closed: true,
    });
  });

  test('keeps what is stored, unless asked to overwrite it', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('BTCUSDT-1m-2025-01.csv', rows(3));
    await folder.json('import', name);
    await folder.file('BTCUSDT-1m-2025-01.csv', rows(3, '1.75'));
    expect(await folder.json('import', name)).toMatchObject({ updated: 0, unchanged: 3 });
    expect(await folder.json('import', name, '--unless-closed')).toMatchObject({ updated: 3, unchanged: 0 });
    expect(await folder.json('import', name, '--force')).toMatchObject({ updated: 0, unchanged: 3 });
  });

  test('stores the good rows, and names the others by their lines', async () => {
    await using folder = await CliFolder.make();
    const text = [HEADER, row(0), 'not,a,row', '', row(1, '9'), row(2).replace(/(\d)000,/, '$1001,'), row(3)].join(
      '\n',
    );
    const name = await folder.file('BTCUSDT-1m-2025-01.csv', text);
    const { code, stdout, stderr } = await folder.run(['import', name, '--json']);
    expect(code).toBe(1);
    expect(stderr).toBe('tradestore: 3 rows rejected; correct them and import again\n');
    expect(JSON.parse(stdout)).toMatchObject({
      read: 5,
      inserted: 2,
      rejected: 3,
      rejections: [
        { file: name, line: 3, reason: expect.stringContaining('12 columns') },
        { file: name, line: 5, reason: expect.stringContaining('close: expected a price not above high') },
        { file: name, line: 6, reason: expect.stringContaining('whole millisecond') },
      ],
    });
  });

  test('with a wrong timeframe stores nothing', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('BTCUSDT-1m-2025-01.csv', rows(5));
    const { code, stdout } = await folder.run(['import', name, '--timeframe', '5m']);
    expect(code).toBe(1);
    expect(stdout).toContain('close_time: expected the last moment of 5m');
    await using db = folder.database();
    expect(await db.marketData.countCandles()).toBe(0);
  });

  test('from standard input asks for what no file name says', async () => {
    await using folder = await CliFolder.make();
    const { code, stderr } = await folder.run(['import', '-']);
    expect(code).toBe(2);
    expect(stderr).toContain('add --exchange, --symbol, --timeframe, --format');
    const options = ['--exchange', 'binance', '--symbol', 'BTCUSDT', '--timeframe', '1m', '--format', 'csv'];
    const child = folder.start(['import', '-', ...options, '--json']);
    child.stdin.end(rows(3));
    expect(JSON.parse((await finished(child)).stdout)).toMatchObject({ read: 3, inserted: 3 });
  });
});

describe('import of a compressed file', () => {
  test.each([
    ['zip', 'PK\u0003\u0004', 'unzip -p'],
    ['csv.gz', '\u001f\u008b\u0008', 'gzip -dc'],
  ])('%s is refused with the command that unpacks it', async (extension, start, unpack) => {
    await using folder = await CliFolder.make();
    const name = await folder.file(`BTCUSDT-1m-2025-01.${extension}`, Buffer.from(start, 'latin1'));
    const { code, stdout, stderr } = await folder.run(['import', name, '--database', 'sqlite:./a b.db']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      `${unpack} ${name} | npm run tradestore -- import - --exchange binance --symbol BTCUSDT --timeframe 1m --format csv --database 'sqlite:./a b.db'\``,
    );
  });
});

describe('import of JSON in the form of ccxt', () => {
  const series = ['--exchange', 'okx', '--symbol', 'BTC-USDT', '--timeframe', '1h'];

  test('keeps every digit of a number', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('candles.json', `[[${START},0.123456789012345678,0.2,0.1,1.5e-1,1e-7]]`);
    expect(await folder.json('import', name, ...series)).toMatchObject({ read: 1, inserted: 1 });
    await using db = folder.database();
    expect(await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1h' })).toMatchObject({
      open: '0.123456789012345678',
      close: '0.15',
      volume: '0.0000001',
    });
  });

  test('refuses rows that stand closer together than their timeframe, before any is stored', async () => {
    await using folder = await CliFolder.make();
    const minutes = Array.from({ length: 120 }, (_, minute) => [START + minute * 60_000, 1, 1, 1, 1, 1]);
    const name = await folder.file('candles.json', JSON.stringify(minutes));
    expect(await folder.run(['import', name, ...series])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'tradestore: candles.json: the rows are 1m apart; is --timeframe 1h right?\n',
    });
    await using db = folder.database();
    expect(await db.marketData.countCandles()).toBe(0);
  });

  test('says how candles that were kept are brought up to date', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('candles.json', `[[${START},1,1,1,1,1]]`);
    expect((await folder.run(['import', name, ...series])).stdout).not.toContain('--unless-closed');
    expect((await folder.run(['import', name, ...series])).stdout).toContain('--unless-closed');
    expect((await folder.run(['import', name, ...series, '--force'])).stdout).not.toContain('--unless-closed');
  });

  test('names the elements that are no candles', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('candles.json', `[[${START},1,1,1,1,null],[${START / 1000},1,1,1,1,1],7]`);
    const { code, stdout } = await folder.run(['import', name, ...series, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      read: 3,
      inserted: 0,
      rejected: 3,
      rejections: [{ line: 1 }, { line: 2 }, { line: 3 }],
    });
  });

  test('reports in one line that a file is no JSON', async () => {
    await using folder = await CliFolder.make();
    const name = await folder.file('candles.json', '[[1');
    const { code, stderr } = await folder.run(['import', name, ...series]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tradestore: candles\.json is not JSON[^\n]+\n$/);
  });
});
