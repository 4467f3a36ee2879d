import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { importsOf } from '../../scripts/architecture/skeleton.ts';

/** Sources in which every rule is broken, by the module that its name stands for. */
const BROKEN_SOURCES: Record<string, string> = {
  'src/index.ts': `export { run } from './cli/main.ts';\nexport type { Place } from './operations/place.ts';\n`,
  'src/mikro-orm.ts': `export { run } from './cli/main.ts';\n`,
  'src/cli/main.ts': `import { list } from '../../migrations/mysql/migrations.ts';\n\nexport const run = () => list;\n`,
  'src/operations/place.ts': `import type { run } from '../cli/main.ts';\nimport type { MikroORM } from '@mikro-orm/core';\n\nexport type Place = typeof run & MikroORM;\n`,
  'src/repositories/rows.ts': `import '../operations/place.ts';\n`,
  'src/sql/rows.ts': `import '../operations/place.ts';\n`,
  'src/executor/executor.ts': `import '../repositories/rows.ts';\n`,
  'src/spool/rows.ts': `import '../repositories/rows.ts';\n`,
  'src/streams/rows.ts': `import '../repositories/rows.ts';\n`,
  'src/entities/entity.ts': `import type {} from '../repositories/rows.ts';\n`,
  'src/text/column-lengths.ts': `export {} from 'kysely';\nimport '../entities/entity.ts';\n`,
  'src/schemas/schema.ts': `import '../entities/entity.ts';\nimport '../text/column-lengths.ts';\n`,
  'src/databases/dialect.ts': `import '../entities/entity.ts';\n`,
  'src/databases/pool/pool.ts': `import '../mysql/connection.ts';\n`,
  'src/databases/mysql/connection.ts': `import '../sqlite/connection.ts';\n`,
  'src/databases/sqlite/connection.ts': 'export {};\n',
  'src/errors/first.ts': `import type {} from './second.ts';\nimport '../schemas/schema.ts';\n`,
  'src/errors/second.ts': `import type {} from './first.ts';\n`,
  'src/config/settings.ts': `import '../operations/place.ts';\n`,
  'src/logger/logger.ts': `import 'mysql2';\nimport '../cli/main.ts';\n`,
  'src/retry/retry.ts': `import '../databases/dialect.ts';\nimport './nowhere.ts';\n`,
  'src/telemetry/channels.ts': `import '../operations/place.ts';\n`,
  'src/time/instant.ts': `import 'zod';\nimport 'pino';\nimport '../entities/entity.ts';\n`,
  'src/decimal/decimal.ts': `export const load = () => import('../repositories/rows.ts');\n`,
  'src/async/turns.ts': `import '../repositories/rows.ts';\n`,
  'src/attic/box.ts': `import '../time/instant.ts';\n`,
  'migrations/mysql/migrations.ts': `import '../../src/time/instant.ts';\n\nexport const list = [];\n`,
};

const COMPILER_OPTIONS = {
  module: 'nodenext',
  noEmit: false,
  declaration: true,
  rootDir: '.',
  types: [],
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

let folder: string;
let report: string;
let status: number | null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradestore-arrows-'));
  for (const [path, source] of Object.entries(BROKEN_SOURCES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  const settings = JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['src', 'migrations'] });
  await writeFile(join(folder, 'tsconfig.build.json'), settings);
  const child = spawn(process.execPath, ['scripts/check-arrows.ts', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  report = await text(child.stdout);
  status = await ended;
});

afterAll(() => rm(folder, { recursive: true }));

it('refuses sources in which rules are broken', () => {
  expect(status).not.toBe(0);
});

it('knows each rule when it is broken', async () => {
  const { default: config } = (await import('../../.dependency-cruiser.mjs' as string)) as {
    default: { forbidden: { name: string }[] };
  };
  const unseen = config.forbidden.map(({ name }) => name).filter((name) => !report.includes(`error ${name}: `));

  expect(unseen).toEqual([]);
});

it('sees every form of import, types included, and no import in a comment', () => {
  const source = [
    `import './a.ts';`,
    `import type { B } from './b.ts';`,
    `import {\n  type C1,\n  c2,\n} from './c.ts';`,
    `import d, { type D } from './d.ts';`,
    `import * as e from './e.ts';`,
    `export { f } from './f.ts';`,
    `export type { G } from './g.ts';`,
    `export * from './h.ts';`,
    `export const load = async () => await import('./i.ts');`,
    `declare const j: import("./j.ts").J;`,
    ` * import { no } from './comment.ts';`,
    `// import('./comment.ts')`,
    `export * as k from './k.ts';`,
  ].join('\n');

  expect(importsOf(source).sort()).toEqual([...'abcdefghijk'].map((letter) => `./${letter}.ts`));
});
