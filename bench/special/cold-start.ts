import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Target } from '../contender.ts';
import { median } from '../report/statistics.ts';
import type { Special } from './special.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIBRARY = pathToFileURL(join(ROOT, 'dist/index.js')).href;
const COMMAND = join(ROOT, 'dist/cli.js');
/** A process starts in a fraction of a second, and one start differs much from the next. */
const STARTS_PER_REPEAT = 5;

/** What a process does, and how it tells the milliseconds; without a program of ours, its whole life is measured. */
interface Start {
  readonly figure: string;
  readonly args: readonly string[];
  readonly whole?: boolean;
}

/**
 * How long it takes until a program can begin, in processes that are new each time: of the package as it is published,
 * and of mysql2 and @mikro-orm/mysql, one after the other in each round.
 */
export const coldStart: Special = {
  name: 'cold-start',
  title: ({ repeats }) => `cold import and start, median of ${repeats * STARTS_PER_REPEAT} new processes`,
  measure: async ({ server, repeats, folder }) => {
    build();
    const starts = startsOf(await server.makeDatabase('bench_cold_start'), folder);
    const samples = new Map(starts.map(({ figure }) => [figure, [] as number[]]));
    // the first round fills the caches of the disk and of the compiler
    for (let round = 0; round <= repeats * STARTS_PER_REPEAT; round += 1) {
      for (const start of starts) {
        const ms = await measureStart(start);
        if (round > 0) {
          samples.get(start.figure)?.push(ms);
        }
      }
    }
    const figures = Object.fromEntries([...samples].map(([figure, values]) => [figure, median(values)]));
    return { ...figures, ofMikroOrm: (figures['importMs'] ?? 0) / (figures['importMikroOrmMs'] ?? 0) };
  },
};

function build(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'prepack'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    throw new Error('the package could not be built');
  }
}

function startsOf({ url, host, port, user, database }: Target, folder: string): Start[] {
  const imports = (module: string): string => `await import(${JSON.stringify(module)});`;
  const server = JSON.stringify({ host, port, user, database });
  const mysql2 = `const { createConnection } = await import('mysql2/promise');
    const connection = await createConnection(${server});
    await connection.query('select 1');`;
  const ours = `const { DatabaseOperations } = await import(${JSON.stringify(LIBRARY)});
    const db = new DatabaseOperations({ url: ${JSON.stringify(url)} });
    await db.sql.scalar('select 1');`;
  const mikroOrm = `const { defineEntity, MikroORM, p } = await import('@mikro-orm/mysql');
    const One = defineEntity({ name: 'One', properties: { id: p.integer().primary() } });
    const { database: dbName, ...server } = ${server};
    const orm = await MikroORM.init({ ...server, dbName, entities: [One] });
    await orm.em.getConnection().execute('select 1');`;
  const file = `sqlite:${join(folder, 'cold-start.db')}`;
  return [
    { figure: 'importMs', args: timed(imports(LIBRARY)) },
    { figure: 'importMysql2Ms', args: timed(imports('mysql2')) },
    { figure: 'importMikroOrmMs', args: timed(imports('@mikro-orm/mysql')) },
    { figure: 'firstAnswerMs', args: timed(ours) },
    { figure: 'firstAnswerMysql2Ms', args: timed(mysql2) },
    { figure: 'firstAnswerMikroOrmMs', args: timed(mikroOrm) },
    { figure: 'nodeMs', args: ['--eval', '0'], whole: true },
    { figure: 'commandVersionMs', args: [COMMAND, '--version'], whole: true },
    { figure: 'commandHelpMs', args: [COMMAND, '--help'], whole: true },
    { figure: 'commandOnAFileMs', args: [COMMAND, 'bots', 'list', '--database', file], whole: true },
  ];
}

/** A program that writes how long its work took, and ends whatever it has opened. */
function timed(work: string): string[] {
  const program = `const start = performance.now(); ${work} console.log(performance.now() - start); process.exit();`;
  return ['--input-type=module', '--eval', program];
}

async function measureStart({ figure, args, whole = false }: Start): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const [written, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const ms = performance.now() - start;
  if (code !== 0) {
    throw new Error(`${figure}: the process ended with ${code}`);
  }
  return whole ? ms : Number(written);
}
