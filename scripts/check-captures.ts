import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { DatabaseOperations } from '../src/index.ts';
import { type FreshDatabase, freshDatabase } from '../test/support/fresh-database.ts';
import { testDatabases } from '../test/support/servers/index.ts';
import { startSharedServers, stopSharedServers } from '../test/support/servers/shared-servers.ts';
import { readTestSettings } from '../test/support/servers/test-settings.ts';
import { differences, readBack } from './captures/compare.ts';
import { type Recording, readRecording } from './captures/recorded.ts';

// Usage: check-captures.ts <folder>. Replays each websocket capture of the folder (*.ws*) twice through the
// command line, and compares what is stored with an independent reading of the capture.
// On SQLite and the servers of the tests, by the same settings (test/README.md).

interface ReplayReport {
  readonly messages: { readonly read: number; readonly stored: number; readonly alreadyStored: number };
  readonly candleRows: { readonly inserted: number; readonly updated: number };
}

/** What is known of the recordings in cryptofeed's `sample_data`. */
const KNOWN: Record<string, Partial<Record<'messages' | 'trades' | 'candleRows' | 'candles', number>>> = {
  'OKX.ws.1.0': { messages: 392, trades: 74, candleRows: 0, candles: 0 },
  'OKCOIN.ws.1.0': { trades: 4, candleRows: 12, candles: 8 },
  'BITGET.ws.1.0': { trades: 430, candleRows: 8_035, candles: 8_008 },
};

const folder = process.argv[2];
const captures = folder === undefined ? [] : globSync('*.ws{,.*}', { cwd: folder }).sort();
let failures = 0;

async function tradestore(url: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'src/cli/main.ts', ...args, '--json'],
    { env: { ...process.env, DATABASE_URL: url }, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout);
}

function figuresOf({ messages, trades, candleRows, candles }: Recording) {
  return { messages: messages.length, trades, candleRows, candles: candles.size };
}

async function faultsOf(path: string, recording: Recording, { url }: FreshDatabase): Promise<string[]> {
  await tradestore(url, 'migrate', 'up');
  const first = (await tradestore(url, 'replay', path)) as ReplayReport;
  await using db = new DatabaseOperations({ url });
  const stored = await readBack(db, recording);
  const second = (await tradestore(url, 'replay', path)) as ReplayReport;
  const read = { messages: recording.messages.length };
  return [
    ...differences(recording, stored),
    ...(first.messages.stored === read.messages ? [] : [`the replay says it stored ${first.messages.stored}`]),
    ...(second.messages.alreadyStored === read.messages && second.messages.stored === 0
      ? []
      : ['the second replay says it stored messages']),
    ...(second.candleRows.inserted + second.candleRows.updated === 0
      ? []
      : ['the second replay says it wrote candles']),
    ...(isDeepStrictEqual(await readBack(db, recording), stored) ? [] : ['the second replay changed what is stored']),
  ];
}

async function check(name: string, path: string, database: FreshDatabase): Promise<void> {
  const recording = readRecording(path);
  const figures = figuresOf(recording);
  const unexpected = Object.entries(KNOWN[name] ?? {}).filter(
    ([key, count]) => figures[key as keyof typeof figures] !== count,
  );
  const faults = [
    ...unexpected.map(([key, count]) => `it should hold ${count} ${key}`),
    ...(await faultsOf(path, recording, database)),
  ];
  const { messages, trades, candles, candleRows } = figures;
  console.log(
    `${name} on ${database.dialect}: ${messages} messages, ${trades} trades, ${candles} candles of ${candleRows} rows`,
  );
  console.log(
    faults.length === 0 ? '  stored to the letter; the second replay stored nothing' : `  ${faults.join('\n  ')}`,
  );
  failures += faults.length;
}

if (folder === undefined || captures.length === 0) {
  console.error(`check-captures: no captures (*.ws) in ${folder ?? 'no folder'}; name the folder that holds them`);
  process.exitCode = 2;
} else {
  await startSharedServers(readTestSettings(process.env));
  try {
    for (const dialect of testDatabases()) {
      for (const name of captures) {
        const database = await freshDatabase(dialect);
        await check(name, join(folder, name), database).finally(() => database.remove());
      }
    }
  } finally {
    await stopSharedServers();
  }
  process.exitCode = failures === 0 ? 0 : 1;
}
