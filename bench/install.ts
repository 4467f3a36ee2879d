import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const mark = join(folder, 'node_modules', '.installed');

/** The library and its contenders must speak to the server through the same version of these. */
const SHARED = ['@mikro-orm/core', 'kysely', 'mysql2'];

/** Installs the contenders' packages where they are missing or others are wanted. */
export function installPackages(): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
    return;
  }
  process.stderr.write("installing the contenders' packages\n");
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    // npm is a script on Windows, which only a shell runs
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    throw new Error('npm ci failed in bench/; its output is above');
  }
  writeFileSync(mark, wanted);
}

/** The installed version of each package. */
export function packageVersions(names: readonly string[]): Record<string, string> {
  for (const name of SHARED) {
    const [own, root] = [versionOf(name, folder), versionOf(name, join(folder, '..'))];
    if (own !== root) {
      throw new Error(`bench/package.json has ${name} ${own} and package.json ${root}: they must be the same`);
    }
  }
  return Object.fromEntries(names.map((name) => [name, versionOf(name, folder)]));
}

/** The version of the library itself. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8')) as { version: string }).version;
}

// package.json itself is often not among a package's exports
function versionOf(name: string, from: string): string {
  const paths = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const file = paths.map((path) => join(path, name, 'package.json')).find((path) => existsSync(path));
  if (file === undefined) {
    throw new Error(`${name} is not installed`);
  }
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
