import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CliFolder, MAIN } from './run-cli.ts';

let folder: CliFolder;
beforeAll(async () => {
  folder = await CliFolder.make();
});
afterAll(() => folder[Symbol.asyncDispose]());

const unreachable = 'mysql://collector:s3cret@127.0.0.1:1/market';
const once = { DB_CONNECT_RETRIES: '0' };

describe('the exit code', () => {
  test('of a wrong call is 2, with one line that says what is wrong', async () => {
    const { code, stdout, stderr } = await folder.runProcess(['replay', 'no-such-file']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('tradestore: cannot read no-such-file: there is no such file; check the path\n');
  });

  test('of a failure is 1, with one line and no password', async () => {
    const plain = await folder.runProcess(['stats', '--database', unreachable], once);
    expect(plain).toMatchObject({ code: 1, stdout: '' });
    expect(plain.stderr).toMatch(/^tradestore: [^\n]+check that the server is up[^\n]+\n$/);
    const verbose = await folder.runProcess(['stats', '--verbose'], {
      ...once,
      DATABASE_URL: unreachable,
      DEBUG: 'true',
    });
    expect(verbose.stderr).toContain('caused by:');
    expect(plain.stderr + verbose.stderr).not.toContain('s3cret');
  });

  test('of an unhealthy database is 1, and its report is still there', async () => {
    const { code, stdout } = await folder.runProcess(['health', '--json', '--database', unreachable], once);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ healthy: false, error: { kind: 'connection' } });
    expect(stdout).not.toContain('s3cret');
  });
});

describe('every command', () => {
  test('writes its statements to standard error with DEBUG=true, a line each', async () => {
    const { code, stdout, stderr } = await folder.runProcess(['bots', 'list', '--json'], { DEBUG: 'true' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([]);
    expect(stderr).toMatch(/^debug select .*"durationMs":\d/m);
  });

  test('does not mind a reader that has seen enough', async () => {
    const child = folder.start(['migrate', 'status']);
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('--env-file', () => {
  test('stands behind the environment, and what is printed names it', async () => {
    await using own = await CliFolder.make();
    const name = await own.file('market.env', `# where\nDATABASE_URL="${own.url}"\nAUTO_MIGRATE=false\n`);
    const set = { DATABASE_URL: 'sqlite:./other.db' };
    const { stdout } = await own.run(['migrate', 'status', '--env-file', name], { DATABASE_URL: '' });
    expect(stdout).toContain(`run \`npm run tradestore -- migrate up --env-file ${name}\``);
    await own.run(['migrate', 'up', '--env-file', name], set);
    await own.run(['health', '--env-file', name], set);
    expect(existsSync(join(own.path, 'other.db'))).toBe(true);
    expect(existsSync(join(own.path, 'test.db'))).toBe(false);
  });
});

describe('a full disk', () => {
  test('under standard output is a reported failure', async () => {
    // a device of Linux that takes nothing, as a full disk does
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, '--help'], {
      stdio: ['ignore', full, 'pipe'],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    closeSync(full);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tradestore: cannot write the result: [^\n]*ENOSPC[^\n]*\n$/);
  });
});

describe('migrate', () => {
  test('lists what is pending, runs it, compares and undoes it', async () => {
    await using own = await CliFolder.make();
    const name = expect.stringMatching(/^migration-/);
    expect(await own.json('migrate', 'status')).toEqual({ executed: [], pending: [name, name] });
    expect(await own.run(['migrate', 'check'])).toMatchObject({ code: 1, stdout: expect.stringContaining('Pending') });
    expect(await own.json('migrate', 'up')).toEqual({ executed: [name, name] });
    expect(await own.json('migrate', 'up')).toEqual({ executed: [] });
    expect(await own.json('migrate', 'check')).toEqual({ ok: true, pending: [], differences: [] });
    expect(await own.json('migrate', 'down', '--yes')).toEqual({ undone: [name] });
    expect(await own.json('migrate', 'down', '--yes')).toEqual({ undone: [name] });
    expect(await own.json('migrate', 'status')).toMatchObject({ executed: [] });
  });
});

describe('bots', () => {
  const fields = ['--strategy', 'grid', '--symbol', 'BTC-USDT', '--timeframe', '5m', '--virtual-balance', '1000.10'];

  test('are added, listed, shown, changed and removed, by name or id', async () => {
    const added = await folder.json<{ id: number }>(
      'bots',
      'add',
      '--name',
      'grid-1',
      ...fields,
      '--config',
      '{"a":1}',
    );
    expect(added).toMatchObject({ name: 'grid-1', status: 'inactive', currentBalance: '1000.1', version: 1 });
    const id = String(added.id);
    expect(await folder.json('bots', 'set', id, '--status', 'active', '--config', 'null')).toMatchObject({
      status: 'active',
      config: null,
      version: 2,
    });
    expect(await folder.json('bots', 'show', 'grid-1')).toMatchObject({ id: added.id, version: 2 });
    expect(await folder.json('bots', 'list', '--status', 'active')).toHaveLength(1);
    const table = await folder.run(['bots', 'list']);
    expect(table.stdout).toContain('okx BTC-USDT 5m');
    expect(await folder.json('bots', 'remove', 'grid-1', '--yes')).toMatchObject({ removed: { id: added.id } });
    expect(await folder.run(['bots', 'show', id])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no bot'),
    });
  });

  test('are never taken by a name of digits, unless it is called a name', async () => {
    await using own = await CliFolder.make();
    const first = await own.json<{ id: number }>('bots', 'add', '--name', '2', ...fields);
    const second = await own.json<{ id: number }>('bots', 'add', '--name', 'b', ...fields);
    expect([first.id, second.id]).toEqual([1, 2]);
    expect(await own.run(['bots', 'remove', '2'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await own.json('bots', 'remove', '2', '--yes')).toMatchObject({ removed: { name: 'b' } });
    const again = await own.run(['bots', 'remove', '2', '--yes']);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no bot 2;') });
    for (const none of ['0', '4294967296', '99999999999999999999']) {
      expect(await own.run(['bots', 'show', none])).toMatchObject({ code: 1 });
    }
    expect(await own.json('bots', 'show', 'name:2')).toMatchObject({ id: 1, name: '2' });
  });

  test('have names of their own, and the message says how to change the one there is', async () => {
    await using own = await CliFolder.make();
    await own.json('bots', 'add', '--name', '7', ...fields);
    await own.json('bots', 'add', '--name', 'g', ...fields);
    const said = (name: string, typed: string) =>
      `tradestore: a bot named "${name}" exists already; choose another --name, or change it with \`npm run tradestore -- bots set ${typed}\`\n`;
    expect(await own.run(['bots', 'add', '--name', 'g', ...fields])).toMatchObject({ code: 1, stderr: said('g', 'g') });
    expect(await own.run(['bots', 'set', 'g', '--name', '7'])).toMatchObject({ code: 1, stderr: said('7', 'name:7') });
  });

  test('are not changed when another caller changed them first', async () => {
    await folder.json('bots', 'add', '--name', 'grid-2', ...fields);
    const { code, stderr } = await folder.run(['bots', 'set', 'grid-2', '--name', 'x', '--expected-version', '7']);
    expect(code).toBe(1);
    expect(stderr).toContain('is at version 1, not 7');
  });

  test('are refused with the field that is wrong', async () => {
    const { code, stderr } = await folder.run([
      'bots',
      'add',
      '--name',
      'grid-3',
      ...fields,
      '--current-balance',
      'much',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('currentBalance');
  });
});
