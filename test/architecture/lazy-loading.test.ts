import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const source = (path: string): string => new URL(`../../src/${path}`, import.meta.url).href;
const LIBRARY = `const { DatabaseOperations } = await import('${source('index.ts')}');`;

/** Runs a program in a process of its own, in which `loaded` holds each package that was loaded so far; reads its last line. */
async function run<T>(program: string): Promise<T> {
  const text = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    let missing;
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === missing) {
          throw Object.assign(new Error(\`Cannot find package '\${specifier}'\`), { code: 'ERR_MODULE_NOT_FOUND' });
        }
        return next(specifier, context);
      },
      load(url, context, next) {
        loaded.add(/node_modules\\/((?:@[^/]+\\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1] ?? 'none');
        return next(url, context);
      },
    });
    ${program}`;
  const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', text];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}

describe('what importing the library loads', () => {
  it('is zod and nothing else; an instance that is not used adds nothing', async () => {
    const loaded = await run(`${LIBRARY}
      const db = new DatabaseOperations({ url: 'mysql://nobody@127.0.0.1:1/none' });
      await db.close();
      console.log(JSON.stringify([...loaded].sort()));`);
    expect(loaded).toEqual(['none', 'zod']);
  });

  it('does not grow by the driver of a server where the database is a file', async () => {
    const loaded = await run<string[]>(`${LIBRARY}
      await using db = new DatabaseOperations({ url: 'sqlite::memory:' });
      await db.bots.list();
      console.log(JSON.stringify([...loaded]));`);
    expect(loaded).toContain('@mikro-orm/core');
    expect(loaded).not.toContain('mysql2');
    expect(loaded).not.toContain('@mikro-orm/mysql');
  });
});

describe('what the command loads', () => {
  it.each(['--help', '--version', 'import --help'])('is not the library, where it is asked for %s', async (args) => {
    const loaded = await run<string[]>(`
      process.argv = ['node', 'tradestore', ...${JSON.stringify(args.split(' '))}];
      await import('${source('cli/main.ts')}');
      console.log(JSON.stringify([...loaded]));`);
    expect(loaded).toContain('commander');
    expect(loaded).not.toContain('zod');
  });
});

describe('a package that cannot be loaded', () => {
  it('fails the calls that need it, by name and without trying again, and the calls after it was installed work', async () => {
    const outcomes = await run(`${LIBRARY}
      const db = new DatabaseOperations({ url: 'sqlite::memory:' });
      missing = '@mikro-orm/core';
      const failed = await Promise.allSettled([db.connect(), db.bots.list(), db.marketData.countCandles({ symbol: 'A' })]);
      missing = undefined;
      const listed = await db.bots.list();
      await db.close();
      console.log(JSON.stringify({
        failed: failed.map(({ reason: { kind, code, attempts, message } }) => ({ kind, code, attempts, message })),
        listed,
      }));`);
    const failure = (operation: string) => ({
      kind: 'configuration',
      code: 'ERR_MODULE_NOT_FOUND',
      attempts: 1,
      message:
        `${operation}: Cannot find package '@mikro-orm/core'; a part of the installation is missing: ` +
        'install tradestore and its dependencies again',
    });
    expect(outcomes).toEqual({
      failed: ['connect', 'bots.list', 'marketData.countCandles'].map(failure),
      listed: [],
    });
  });
});
