import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { testDatabases } from '../support/servers/index.ts';

const ROWS = 600;

/** What a new column takes: a line or two in the entity, in its schema and in a migration of each kind of database. */
const CHANGES: readonly [path: string, before: string, after: string][] = [
  [
    'src/entities/market-data.entity.ts',
    '  volume!: string;\n',
    '  volume!: string;\n  averagePrice!: string | null;\n',
  ],
  [
    'src/entities/market-data.entity.ts',
    '    volume: decimal(),\n',
    '    volume: decimal(),\n    averagePrice: decimal().nullable(),\n',
  ],
  [
    'src/schemas/candle.schema.ts',
    '  readonly volume: DecimalInput;\n',
    '  readonly volume: DecimalInput;\n  readonly averagePrice?: DecimalInput | null | undefined;\n',
  ],
  [
    'src/schemas/candle.schema.ts',
    '  readonly volume: string;\n',
    '  readonly volume: string;\n  readonly averagePrice: string | null;\n',
  ],
  [
    'src/schemas/candle.schema.ts',
    '  volume: nonNegativeDecimal,\n',
    '  volume: nonNegativeDecimal,\n  averagePrice: orNull(nonNegativeDecimal),\n',
  ],
  [
    'migrations/mysql/migration-20261121200000-price-type.ts',
    'add column `quote_volume` decimal(36,18) null after `volume`, ',
    'add column `quote_volume` decimal(36,18) null after `volume`, add column `average_price` decimal(36,18) null, ',
  ],
  [
    'migrations/sqlite/migration-20261121200000-price-type.ts',
    '`quote_volume` text null, ',
    '`quote_volume` text null, `average_price` text null, ',
  ],
];

const PROGRAM = `
  import { DatabaseOperations } from './src/index.ts';
  await using db = new DatabaseOperations({ url: process.argv[1] });
  await db.migrations.up();
  const series = { symbol: 'BTC-USDT', timeframe: '1m' };
  const candle = (minute, averagePrice) => ({
    ...series, startTime: minute * 60_000, open: '1', high: '1', low: '1', close: '1', volume: '1', averagePrice,
  });
  const { marketData } = db;
  const outcomes = [
    await marketData.upsertCandle(candle(0, '0.10')),
    await marketData.upsertCandle(candle(0, '0.2'), true),
    await marketData.upsertCandle(candle(0, '0.2'), true),
    await marketData.upsertCandle(candle(1)),
  ];
  const { rejected } = await marketData.upsertCandles([candle(2, '-1')]);
  const [first, second] = await marketData.getCandles({ ...series, limit: 2 });
  const { averagePrice } = await marketData.getCandleColumns({ ...series, limit: 2 });
  const again = await marketData.upsertCandles([first, second], { forceUpdate: true });
  const batch = await marketData.upsertCandles(Array.from({ length: ${ROWS} }, (_, n) => candle(10 + n, String(n))));
  const last = await marketData.getLatestCandle(series);
  console.log(JSON.stringify({
    outcomes, rejected: rejected[0].issues[0].path, read: [first.averagePrice, second.averagePrice],
    columns: Array.from(averagePrice, String), unchanged: again.unchanged, inserted: batch.inserted, last: last.averagePrice,
    check: (await db.migrations.check()).ok,
  }));
`;

describe.each(testDatabases())('a new column of candles on %s', (dialect) => {
  let copy: string;
  let database: FreshDatabase;

  beforeEach(async () => {
    database = await freshDatabase(dialect);
    copy = mkdtempSync(join(tmpdir(), 'tradestore-column-'));
    for (const folder of ['src', 'migrations']) {
      cpSync(folder, join(copy, folder), { recursive: true });
    }
    cpSync('package.json', join(copy, 'package.json'));
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  });
  afterEach(async () => {
    rmSync(copy, { recursive: true });
    await database.remove();
  });

  it('needs the entity, its schema and a migration', async () => {
    for (const [path, before, after] of CHANGES) {
      const file = join(copy, path);
      const source = readFileSync(file, 'utf8');
      expect(source.split(before)).toHaveLength(2);
      writeFileSync(file, source.replace(before, after));
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', PROGRAM, database.url],
      { cwd: copy },
    );
    expect(JSON.parse(stdout)).toEqual({
      outcomes: ['inserted', 'updated', 'unchanged', 'inserted'],
      rejected: '[0].averagePrice',
      read: ['0.2', null],
      columns: ['0.2', 'NaN'],
      unchanged: 2,
      inserted: ROWS,
      last: String(ROWS - 1),
      check: true,
    });
  });
});
