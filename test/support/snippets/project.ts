import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './page.ts';

/** What is no part of a copy of the repository. */
const LEFT_OUT = /^(?:\.git|\.cache|dist|coverage)(?:$|[\\/])|(?:^|[\\/])node_modules(?:$|[\\/])/;

/** A project of its own that has `tradestore`, as these sources, and every other package of the repository. */
export interface Project {
  readonly folder: string;
  makeFolder(name: string): Promise<void>;
  /** Copies the sources and tests of the repository into a folder. */
  copyRepository(name: string): Promise<void>;
  /** Writes a file and returns its path. */
  write(name: string, content: string): Promise<string>;
  /** Runs a program in the folder, or below it, and returns its standard output. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<string>;
  remove(): Promise<void>;
}

export interface RunOptions {
  readonly below?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of further programs. */
  readonly programs?: readonly string[];
}

/** @param packages further folders of packages, whose names come after those of the repository */
export async function makeProject(packages: readonly string[] = []): Promise<Project> {
  const modules = [join(REPOSITORY, 'node_modules'), ...packages];
  const folder = await mkdtemp(join(tmpdir(), 'tradestore-docs-'));
  const programs = join(folder, '.programs');
  await linkPackages(folder, modules);
  await mkdir(programs);
  await writeFile(join(programs, 'npx'), npx(modules));
  await chmod(join(programs, 'npx'), 0o755);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const path = [programs, dirname(process.execPath), process.env['PATH']];
  return {
    folder,
    makeFolder: async (name) => {
      await mkdir(join(folder, name), { recursive: true });
    },
    copyRepository: async (name) => {
      const options = { recursive: true, filter: (path: string) => !LEFT_OUT.test(relative(REPOSITORY, path)) };
      await cp(REPOSITORY, join(folder, name), options);
      await symlink(join(REPOSITORY, 'node_modules'), join(folder, name, 'node_modules'));
    },
    write: async (name, content) => {
      const file = join(folder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    run: async (program, args, { below = '.', env = {}, programs: further = [] } = {}) => {
      try {
        const { stdout } = await promisify(execFile)(program, [...args], {
          cwd: join(folder, below),
          env: {
            PATH: [...further, ...path].join(delimiter),
            HOME: folder,
            NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
            // most of a short program's time is compiling what it imports
            NODE_COMPILE_CACHE: join(REPOSITORY, '.cache/compiled'),
            // its packages are linked, not listed in a package.json
            MIKRO_ORM_ALLOW_GLOBAL_CLI: '1',
            ...env,
          },
        });
        return stdout;
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
        throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
      }
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

// Node.js does not strip types below node_modules, so `tradestore` is a link to a package beside it.
async function linkPackages(folder: string, modules: readonly string[]): Promise<void> {
  const linked = join(folder, 'node_modules');
  const own = join(folder, 'tradestore');
  await mkdir(linked);
  await mkdir(own);
  await symlink(join(REPOSITORY, 'src'), join(own, 'src'));
  await writeFile(join(own, 'package.json'), JSON.stringify(await ownPackage()));
  await symlink(own, join(linked, 'tradestore'));
  for (const installed of modules) {
    for (const name of await readdir(installed)) {
      // the first one that has a name wins
      await symlink(join(installed, name), join(linked, name)).catch(() => undefined);
    }
  }
}

/** A manifest whose entries are the sources themselves: `.` is `src/index.ts`, and `./name` is `src/name.ts`. */
async function ownPackage(): Promise<object> {
  const names = (await readdir(join(REPOSITORY, 'src'))).filter((name) => name.endsWith('.ts'));
  const exports = names.map((name) => [name === 'index.ts' ? '.' : `./${basename(name, '.ts')}`, `./src/${name}`]);
  return { name: 'tradestore', type: 'module', exports: Object.fromEntries(exports) };
}

/** `npx` that runs the command of these sources, and otherwise what the packages bring; it fetches nothing. */
function npx(modules: readonly string[]): string {
  return [
    '#!/bin/sh',
    'name=$1',
    'shift',
    `[ "$name" != tradestore ] || exec node "${join(REPOSITORY, 'src/cli/main.ts')}" "$@"`,
    ...modules.map((folder) => `[ ! -e "${folder}/.bin/$name" ] || exec "${folder}/.bin/$name" "$@"`),
    'echo "npx: no package here brings $name" >&2',
    'exit 1',
    '',
  ].join('\n');
}
