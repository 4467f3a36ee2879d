import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CliFolder } from './run-cli.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
/** Where no server listens. */
const SERVER = 'mysql://collector:hunter2@127.0.0.1:1/market';

describe('./.env', () => {
  let folder: CliFolder;
  const health = (args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) =>
    folder.run(['health', ...args], { DATABASE_URL: undefined, ...environment });

  beforeEach(async () => {
    folder = await CliFolder.make();
    return () => folder[Symbol.asyncDispose]();
  });

  it('says where the database is, and no file is made beside it', async () => {
    await folder.file('.env', `DATABASE_URL=${SERVER}\n`);
    const { code, stdout, stderr } = await health();
    expect(code).toBe(1);
    expect(stdout).toContain('no answer');
    expect(stderr).toContain('127.0.0.1:1');
    expect(existsSync(join(folder.path, 'tradestore.db'))).toBe(false);
  });

  it.each([
    ['a variable that is set', [], { DATABASE_URL: 'sqlite:./other.db' }, 'other.db'],
    ['--database', ['--database', 'sqlite:./other.db'], {}, 'other.db'],
    ['another file', ['--env-file', 'other.env'], {}, 'other.db'],
    ['no file', ['--no-env-file'], {}, 'tradestore.db'],
  ])('stands behind %s', async (_what, args, environment, file) => {
    await folder.file('.env', `DATABASE_URL=${SERVER}`);
    await folder.file('other.env', 'DATABASE_URL=sqlite:./other.db');
    await expect(health(args, environment)).resolves.toMatchObject({ code: 0 });
    expect(existsSync(join(folder.path, file))).toBe(true);
  });

  it('is reported by its line, without its content, where it is faulty', async () => {
    await folder.file('.env', 'DB_PORT=hunter2\nhunter2');
    const { code, stdout, stderr } = await health();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/\.env:1 DB_PORT: expected a whole number.*\.env:2: expected NAME=value/);
    expect(stderr).not.toContain('hunter2');
  });

  it('is none where it is a folder', async () => {
    await mkdir(join(folder.path, '.env'));
    await expect(health()).resolves.toMatchObject({ code: 0 });
  });

  it("is read by the ORM's own command line too", async () => {
    await folder.file('.env', `DATABASE_URL=${SERVER}`);
    await symlink(join(REPOSITORY, 'node_modules'), join(folder.path, 'node_modules'));
    const script = `await import(${JSON.stringify(new URL('../../mikro-orm.config.ts', import.meta.url).href)});`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder.path,
      env: {},
    });
    await expect(run).rejects.toMatchObject({ stderr: expect.stringContaining('127.0.0.1:1') });
  });
});
