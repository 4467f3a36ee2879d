import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const folder = fileURLToPath(new URL('../../.cache/bench-python', import.meta.url));
const mark = join(folder, 'installed');

/** The interpreter that has the Python contenders' packages. */
export const PYTHON = join(folder, 'bin', 'python');

/** Makes a virtual environment with the pinned packages; returns the reason if that fails. */
export function preparePython(): string | undefined {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
    return undefined;
  }
  rmSync(folder, { recursive: true, force: true });
  if (!succeeds('python3', ['-m', 'venv', folder])) {
    return 'python3 with its module venv is not there';
  }
  if (!succeeds(PYTHON, ['-m', 'pip', 'install', '--quiet', '--retries', '1', '--requirement', requirements])) {
    return 'pip could not install its packages';
  }
  writeFileSync(mark, wanted);
  return undefined;
}

/** The versions that are installed, by the packages' names. */
export function pythonVersions(): Record<string, string> {
  const { stdout } = spawnSync(PYTHON, ['-m', 'pip', 'list', '--format', 'json', '--disable-pip-version-check'], {
    encoding: 'utf8',
  });
  const packages = JSON.parse(stdout) as { name: string; version: string }[];
  return Object.fromEntries(packages.map(({ name, version }) => [name, version]));
}

// its standard error is for the person who runs the benchmark, not part of the results
function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}
