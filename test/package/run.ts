import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Consumer, installPacked, TYPESCRIPT } from './consumer.ts';

// Uses the package as its users get it: packed, installed elsewhere, run from there. Needs the registry of
// packages, so it is a command of its own: `npm run test:package`.

const tests: Record<string, (consumer: Consumer) => Promise<void>> = {
  'is imported by an ES module, and stores and reads': async (consumer) => {
    await consumer.add('use.mjs');
    const { stdout, stderr } = await consumer.run('node', 'use.mjs');
    deepEqual(JSON.parse(stdout), {
      outcomes: ['inserted', 'unchanged'],
      open: '42000.1',
      exchange: 'okx',
      refused: true,
      bot: 1,
    });
    equal(withoutSqliteWarning(stderr), '');
  },
  'is required by a CommonJS module, and stores to the letter': async (consumer) => {
    await consumer.add('use.cjs');
    const { stdout, stderr } = await consumer.run('node', 'use.cjs');
    deepEqual(JSON.parse(stdout), { toTheLetter: true });
    equal(withoutSqliteWarning(stderr), '');
  },
  'compiles in a strict TypeScript project that checks declarations too': async (consumer) => {
    await consumer.add('use.mts');
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      outDir: 'compiled',
    };
    await writeFile(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }));
    await consumer.run('node', TYPESCRIPT);
    await consumer.run('node', 'compiled/use.mjs');
  },
  'brings a command that explains itself': async (consumer) => {
    const { stdout } = await consumer.run('npx', 'tradestore', '--help');
    match(stdout, /^Usage: tradestore /);
  },
  'migrates a file, by the migrations that came with it': async (consumer) => {
    const database = ['--database', 'sqlite:./installed.db'];
    await consumer.run('npx', 'tradestore', 'migrate', 'up', ...database);
    const { stdout } = await consumer.run('npx', 'tradestore', 'migrate', 'check', '--json', ...database);
    equal((JSON.parse(stdout) as { ok: boolean }).ok, true);
  },
  "serves MikroORM's own command line, with an entity of the user's own": async (consumer) => {
    await consumer.add('mikro-orm.config.mjs');
    await consumer.add('use-orm.mjs');
    await consumer.run('npx', 'tradestore', 'migrate', 'up', '--database', 'sqlite:./own.db');
    const orm = async (command: string): Promise<string> =>
      (await consumer.run('npx', 'mikro-orm', command, '--config', './mikro-orm.config.mjs')).stdout;
    await orm('migration:create');
    const [own] = await readdir(join(consumer.folder, 'own-migrations'));
    const statements = await readFile(join(consumer.folder, 'own-migrations', own ?? ''), 'utf8');
    match(statements, /create table \W+signals\W/);
    doesNotMatch(statements, /market_data|raw_trades|create table \W+bots|mikro_orm_migrations/);
    await orm('migration:up');
    match(await orm('migration:check'), /schema is up-to-date/);
    const { stdout } = await consumer.run('node', 'use-orm.mjs');
    deepEqual(JSON.parse(stdout), { note: 'long', balance: '1000.5', ok: true, oneInstance: true });
  },
  'replays the sample that came with it': async (consumer) => {
    const { stdout } = await consumer.run('npx', 'tradestore', 'start', '--json', '--database', 'sqlite:./start.db');
    const { stats } = JSON.parse(stdout) as { stats: { candleCount: number; rawTradeCount: number } };
    equal(stats.candleCount > 0 && stats.rawTradeCount > 0, true);
  },
};

let failed = 0;
const consumer = await installPacked();
try {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(consumer);
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  await consumer.remove();
}
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Node 22 calls its SQLite experimental, in two lines, wherever it is used. */
function withoutSqliteWarning(stderr: string): string {
  return stderr.replace(/^\(node:\d+\) ExperimentalWarning: SQLite is .*\n\(Use `node --trace-warnings .*\n/, '');
}
