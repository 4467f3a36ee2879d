import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { candle } from '../support/samples.ts';
import { call } from './call.ts';
import { CliFolder } from './run-cli.ts';

/** Clears the screen, sets the title and the clipboard (OSC 52), rings; with control characters of C0 and of C1. */
const EVIL = '\u001b]52;c;b3duZWQ=\u001b\\\u001b[2J\u001b]0;owned\u0007\u009b31m\u007f\r\u202etxt\u2066\u2028';
const SENT = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const NOWHERE = 'mysql://collector@127.0.0.1:1/market';
const capture = `1700000001.75: ${JSON.stringify({
  arg: { channel: `candle${EVIL}`, instId: `A${EVIL}\nfaked line` },
  data: [['1699999980000', '1', '9', '1', '2', '5', '5', '5', '0']],
})}
1700000002.75: ${JSON.stringify({ arg: { channel: `x${EVIL}`, instId: `B${EVIL}` }, data: [{}] })}
1700000002.75: broken ${EVIL.replace('\u2028', '')}
`;

describe('a terminal is sent no control character', () => {
  let folder: CliFolder;

  /** Changes the database without the library. */
  const change = (statement: string, ...values: string[]): void => {
    const file = new DatabaseSync(join(folder.path, 'test.db'));
    file.prepare(statement).run(...values);
    file.close();
  };

  const called = (args: readonly string[], environment: Record<string, string> = {}) =>
    call(args, { DATABASE_URL: folder.url, DB_CONNECT_RETRIES: '0', ...environment });
  /** A name that begins with `./` is of a file in the folder. */
  const placed = (word: string): string => (word.startsWith('./') ? join(folder.path, word) : word);

  beforeAll(async () => {
    folder = await CliFolder.make();
    await called(['migrate', 'up']);
    const bot = { strategyName: 's', exchange: 'okx', symbol: 'A', timeframe: '1m', virtualBalance: 1 } as const;
    await using db = folder.database();
    for (const name of ['listed', 'removed']) {
      await db.bots.add({ ...bot, name, currentBalance: 1 });
    }
    change(
      "update bots set name = name || ?, strategy_name = ?, symbol = ?, exchange = 'o' || ?",
      EVIL,
      EVIL,
      EVIL,
      EVIL,
    );
    await folder.file(`a${EVIL}.ws`, capture);
    await folder.file(`a${EVIL}.csv`, 'not,a,row\n');
    await folder.file(`b${EVIL}-1m-2025-01.csv`, `${EVIL},1\n`);
    await folder.file(`c${EVIL}.json`, JSON.stringify([[EVIL, 1], { [EVIL]: EVIL }, EVIL]));
    await mkdir(join(folder.path, `folder${EVIL}`));
    const away = new DatabaseOperations({ url: NOWHERE, connectRetries: 0, retry: { outage: { attempts: 1 } } });
    const directory = join(folder.path, `spool${EVIL}`);
    const writer = away.marketData.candleWriter({ spool: { directory } });
    writer.write(candle(0, { symbol: 'A\u202e\u0085' }));
    await writer.flush().catch(() => writer.write(candle(0)));
    await writer.flush();
    await away.close();
    const spool = new DatabaseSync(join(directory, 'spool.db'));
    spool.prepare("update about set value = ? where name in ('database', 'holder')").run(`db${EVIL}`);
    spool.prepare("insert into refused values (1, 'candle', 'false', 0, ?, ?)").run(EVIL, JSON.stringify(EVIL));
    spool.close();
  });

  afterAll(() => folder[Symbol.asyncDispose]());

  it.each<[what: string, args: string[], shown: boolean, environment?: Record<string, string>]>([
    ['replay', ['replay', `./a${EVIL}.ws`, '--exchange', 'okx'], true],
    ['start', ['start', `./a${EVIL}.ws`, '--exchange', 'okx'], true],
    ['import', ['import', `./b${EVIL}-1m-2025-01.csv`], true],
    ['import of a file of an unknown series', ['import', `./a${EVIL}.csv`], true],
    [
      'import of candles of ccxt',
      ['import', `./c${EVIL}.json`, '--exchange', 'x', '--symbol', 'y', '--timeframe', '1m'],
      true,
    ],
    ['import of what is a folder', ['import', `./folder${EVIL}`], true],
    ['import of what is not there', ['import', `./none${EVIL}`], true],
    ['bots list', ['bots', 'list'], true],
    ['bots show', ['bots', 'show', '1'], true],
    ['bots show of none', ['bots', 'show', `x${EVIL}`], true],
    ['bots set', ['bots', 'set', '1', '--status', 'paused'], true],
    ['bots remove', ['bots', 'remove', '2', '--yes'], true],
    ['bots add', ['bots', 'add', '--name', `x${EVIL}`, '--strategy', 's'], false],
    ['stats', ['stats'], false],
    ['health', ['health'], false],
    ['migrate status', ['migrate', 'status'], false],
    ['spool status', ['spool', 'status', '--directory', `./spool${EVIL}`], true],
    ['spool export', ['spool', 'export', '--directory', `./spool${EVIL}`], true],
    ['spool drain', ['spool', 'drain', '--directory', `./spool${EVIL}`], true],
    ['spool retry', ['spool', 'retry', '--directory', `./none${EVIL}`], true],
    ['spool discard', ['spool', 'discard', '--directory', `./none${EVIL}`, '--yes'], true],
    ['a command that is none', [`x${EVIL}`], true],
    ['an option that is none', ['stats', `--x${EVIL}`], true],
    ['a database that is none', ['health', '--database', `mysql://h/${EVIL}`, '--verbose'], false],
    ['the stack of an error', ['import', `./x${EVIL}\nfaked line`, '--verbose'], true],
    ['a command beside a wrong option', ['bots', 'list', '--timeframe', `x${EVIL}\nfaked line`], true],
    ['a wrong state', ['bots', 'list', '--status', `x${EVIL}\nfaked line`], true],
    ['a wrong number', ['bots', 'list', '--limit', `x${EVIL}\nfaked line`], true],
    ['settings of a bot', ['bots', 'set', '1', '--config', `"${EVIL}"`], false],
    ['a series that cannot be', ['import', '-', '--exchange', `x${EVIL}`, '--symbol', 'y', '--timeframe', '1m'], false],
    ['a variable', ['stats'], true, { DB_POOL_MAX: `x${EVIL}` }],
    ['a file of settings that is none', ['health', '--env-file', `./x${EVIL}`], true],
    ['the environment', ['health'], false, { DATABASE_URL: `x${EVIL.replaceAll('\u0000', '')}` }],
    ['the log', ['bots', 'show', `x${EVIL}`], true, { DEBUG: 'true' }],
  ])('by %s', async (_what, args, shown, environment = {}) => {
    const { stdout, stderr } = await called(args.map(placed), environment);
    expect(SENT.exec(stdout)).toBeNull();
    expect(SENT.exec(stderr)).toBeNull();
    expect(stdout + stderr).not.toMatch(/^faked line/m);
    expect((stdout + stderr).includes('\\u001b')).toBe(shown);

    const json = await called([...args.map(placed), '--json'], environment);
    expect(SENT.exec(json.stdout + json.stderr)).toBeNull();
    for (const line of args[1] === 'export' ? json.stdout.trim().split('\n') : [json.stdout]) {
      expect(() => line === '' || JSON.parse(line)).not.toThrow();
    }
  });

  it('while the text of a bot comes through JSON unchanged', async () => {
    const found: { name: string }[] = JSON.parse((await called(['bots', 'list', '--json'])).stdout);
    expect(found.map(({ name }) => name)).toContain(`listed${EVIL}`);
  });

  it('by names of migrations that another program has run', async () => {
    change('update mikro_orm_migrations set name = name || ?', EVIL);
    for (const args of [['status'], ['check'], ['up'], ['down', '--yes']]) {
      const { stdout, stderr } = await called(['migrate', ...args]);
      expect(SENT.exec(stdout + stderr)).toBeNull();
    }
  });
});
