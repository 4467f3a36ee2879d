import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const FIVE_MINUTES_MS = 300_000;

/** What a program wrote. */
export interface Written {
  readonly stdout: string;
  readonly stderr: string;
}

/** A project elsewhere that has installed the tarball and knows nothing of this repository. */
export interface Consumer {
  readonly folder: string;
  /** Runs a program in the project; throws with what it wrote when it fails. */
  run(program: string, ...args: string[]): Promise<Written>;
  /** Puts a file of `test/package/consumer/` into the project; there it imports the package by its name. */
  add(name: string): Promise<void>;
  remove(): Promise<void>;
}

/** Packs this repository as it would be published, and installs it into an empty project. */
export async function installPacked(): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'tradestore-consumer-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
    const { stdout } = await run(repository, 'npm', 'pack', '--json', '--silent', '--pack-destination', folder);
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string }[];
    const { devDependencies } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const beside = ['@types/node', '@mikro-orm/cli'].map((name) => `${name}@${devDependencies[name]}`);
    const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];
    await run(folder, 'npm', 'install', ...quiet, `./${packed?.filename}`, ...beside);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
  return {
    folder,
    run: (program, ...args) => run(folder, program, ...args),
    add: async (name) => {
      const source = await readFile(join(import.meta.dirname, 'consumer', name), 'utf8');
      await writeFile(join(folder, name), source.replaceAll("'../../../src/index.ts'", "'tradestore'"));
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** The TypeScript compiler of this repository. */
export const TYPESCRIPT = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');

async function run(folder: string, program: string, ...args: string[]): Promise<Written> {
  try {
    return await promisify(execFile)(program, args, {
      cwd: folder,
      env: environment(),
      timeout: FIVE_MINUTES_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Written>;
    throw new Error(`${program} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error });
  }
}

const LEFT_OUT =
  /^(DATABASE_URL|DB_.*|AUTO_MIGRATE|DEFAULT_EXCHANGE|DEBUG|NODE_OPTIONS|INIT_CWD|npm_(package|lifecycle|node|execpath).*)$/;

/** This process' own Node.js comes first, and nothing of npm's or of the database's settings goes along. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !LEFT_OUT.test(name));
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return { ...Object.fromEntries(kept), PATH: path };
}
