import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { installPackages } from '../bench/install.ts';
import { PYTHON, preparePython } from '../bench/python/environment.ts';
import { DatabaseOperations } from '../src/index.ts';
import { startServer } from '../test/support/servers/index.ts';
import { type Block, executedPages, fileNameOf, REPOSITORY } from '../test/support/snippets/page.ts';
import { makeProject, type Project } from '../test/support/snippets/project.ts';
import { folderOf, runPage } from '../test/support/snippets/run-page.ts';

// Checks what `npm test` leaves out of README.md and the guides: the types of every TypeScript snippet, and the snippets
// that use other libraries, which are run with the benchmark's packages against a MySQL server.

const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};
// what prisma generate needs no engine for: see bench/prisma/generate.ts
const PRISMA = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };

const pages = await executedPages();

installPackages();
const withoutPython = preparePython();
const usesOthers = ({ language, words }: Block) =>
  words.includes('bench') && (withoutPython === undefined || language !== 'py');
if (withoutPython !== undefined) {
  console.error(`the snippets in Python are not run: ${withoutPython}`);
}
const project = await makeProject([join(REPOSITORY, 'bench/node_modules')]);
try {
  const wrong = [...(await runWithOthers(project)), ...(await typeFaults(project))];
  console.log(wrong.length === 0 ? 'every snippet is right' : wrong.join('\n'));
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await project.remove();
}

/** Runs the snippets that use other libraries, and returns those that print something else than they say. */
async function runWithOthers(project: Project): Promise<string[]> {
  const server = await startServer('mysql');
  try {
    const url = `${server.url}/market`;
    const wrong: string[] = [];
    for (const { page, blocks } of pages.filter(({ blocks }) => blocks.some(usesOthers))) {
      await emptyTables(server.url, url);
      const options = { env: { ...PRISMA, DATABASE_URL: url }, python: PYTHON };
      const runs = await runPage(project, folderOf(page), blocks.filter(usesOthers).map(runnable), options);
      for (const { where, printed, promised } of runs) {
        console.log(`${where}: ${printed.join(', ')}`);
        if (printed.join('\n') !== promised.join('\n')) {
          wrong.push(`${where} prints ${JSON.stringify(printed)}, not ${JSON.stringify(promised)}`);
        }
      }
    }
    return wrong;
  } finally {
    await server.stop();
  }
}

/** TypeScript with decorators is more than types to be stripped. */
function runnable(block: Block): Block {
  if (block.language !== 'ts') {
    return block;
  }
  const parser = { syntax: 'typescript', decorators: true } as const;
  const jsc = { parser, target: 'es2022', transform: { legacyDecorator: true } } as const;
  const { code } = transformSync(block.code, { jsc, module: { type: 'es6' } });
  return { ...block, language: 'js', code };
}

async function emptyTables(serverUrl: string, url: string): Promise<void> {
  const admin = new DatabaseOperations({ url: `${serverUrl}/mysql` });
  await admin.sql.execute('drop database if exists market');
  await admin.sql.execute('create database market');
  await admin.close();
  const db = new DatabaseOperations({ url });
  await db.migrations.up();
  await db.close();
}

async function typeFaults(project: Project): Promise<string[]> {
  const modules = pages
    .flatMap(({ blocks }) => blocks)
    .filter((block) => !block.words.includes('copy') && (fileNameOf(block) ?? `.${block.language}`).endsWith('.ts'));
  const files = await Promise.all(
    modules.map((block) =>
      project.write(join(folderOf(block.page), fileNameOf(block) ?? `line-${block.line}.ts`), block.code),
    ),
  );
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }));
  console.log(`the types of ${files.length} snippets`);
  return project.run('npx', ['tsc', '--pretty', 'false']).then(
    () => [],
    (error: Error) => [error.message],
  );
}
