import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';

// Runs `npm start` twice on one new file. The first run must store something, and the second must leave
// every row as it was, which is checked without the library.

const TABLES = ['market_data', 'raw_trades', 'bots'] as const;
type Rows = Record<(typeof TABLES)[number], unknown[]>;

const folder = mkdtempSync(join(tmpdir(), 'tradestore-start-'));
const file = join(folder, 'start.db');

function start(): { readonly status: number | null; readonly rows: Rows } {
  const { status } = spawnSync('npm', ['start'], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, DATABASE_URL: `sqlite:${file}` },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = TABLES.map((table) => {
      const statement = db.prepare(`select * from ${table}`);
      statement.setReadBigInts(true);
      return [table, statement.all()] as const;
    });
    return { status, rows: Object.fromEntries(rows) as Rows };
  } finally {
    db.close();
  }
}

try {
  const first = start();
  const second = start();
  const { market_data: candles, raw_trades: messages } = first.rows;
  const faults = [
    ...(first.status === 0 ? [] : [`the first run ended with ${first.status}`]),
    ...(second.status === 0 ? [] : [`the second run ended with ${second.status}`]),
    ...(candles.length > 0 && messages.length > 0 ? [] : ['the first run stored no candles or no messages']),
    ...(isDeepStrictEqual(first.rows, second.rows) ? [] : ['the second run changed what the first had stored']),
  ];
  console.log(`npm start, twice: ${messages.length} messages and ${candles.length} candles`);
  console.log(faults.length === 0 ? 'the second run stored nothing' : faults.join('\n'));
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
