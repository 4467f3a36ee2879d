import { describe, expect, test } from '@jest/globals';
import { call } from './call.ts';

/** None of these gets as far as a database. */
const called = (...args: string[]) => call(args, { DATABASE_URL: 'sqlite::memory:' });

const SERIES = ['--exchange', 'okx', '--symbol', 'A', '--timeframe', '1m', '--format', 'csv'];

describe('a wrong call', () => {
  test.each([
    [['no-such-command'], "unknown command 'no-such-command'"],
    [['health', '--no-such-option'], 'unknown option'],
    [['replay'], "missing required argument 'capture'"],
    [['import', 'x.csv', '--force', '--unless-closed'], 'cannot be used with'],
    [['import', 'x.csv', '--format', 'xml'], 'Allowed choices are csv, ccxt'],
    [['import', '-', '-'], 'only once'],
    [['bots', 'list', '--timeframe', '7m'], 'must be one of'],
    [['bots', 'list', '--limit', '0'], '1 or more'],
    [['bots', 'add', '--name', 'a'], '--strategy, --symbol, --timeframe, --virtual-balance'],
    [['bots', 'set', 'a'], 'no field to change'],
    [['replay', 'x.ws', '--exchange', 'mine'], 'Allowed choices are okx, okcoin, bitget'],
    [['start', '--exchange', 'okx'], 'stored as synthetic'],
    [['import', '-', ...SERIES, '--exchange', ''], '--exchange: expected text of 1 to 32 characters, received ""'],
    [['import', '-', ...SERIES, '--symbol', 'x'.repeat(65)], '--symbol: expected text of at most 64 characters'],
    [['stats', '--env-file', 'no-such-file'], 'cannot read the --env-file no-such-file: there is no such file'],
    [['migrate', 'down'], '--yes'],
    [['mysql://me:s3cret@localhost/x'], "unknown command 'mysql://me:***@localhost/x'"],
    [['stats', '--timeframe=mysql://me:s3cret@localhost/x'], 'unknown option'],
    [['bots', 'list', '--timeframe', 'mysql://me:s3cret@localhost/x'], 'must be one of'],
    [['import', 'mysql://me:s3cret@localhost/x'], 'there is no such file'],
    [['stats', '--database', 'postgres://me:s3cret@localhost/x'], '--database: expected'],
  ])('%j ends with 2 and one line that says what is wrong', async (args, said) => {
    const { code, stdout, stderr } = await called(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^tradestore: [^\n]+\n$/);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('s3cret');
  });

  test('without a command shows what there is', async () => {
    const { code, stdout, stderr } = await called();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: tradestore');
    expect(stderr).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}9 .*\n {2}130, 143 /);
  });
});

describe('help', () => {
  test.each([
    'start',
    'health',
    'stats',
    'import',
    'replay',
    'migrate',
    'migrate up',
    'migrate down',
    'migrate status',
    'migrate check',
    'bots',
    'bots list',
    'bots show',
    'bots add',
    'bots set',
    'bots remove',
  ])('of %s has an example and the options of every command', async (command) => {
    const { code, stdout, stderr } = await called(...command.split(' '), '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ tradestore ${command}`));
    expect(stdout).toMatch(/--database .*--env-file .*--json .*--verbose /s);
  });
});
