import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { KeptFolder } from '../kept-folder.ts';
import { run } from '../run.ts';
import type { Archive } from './archive.ts';
import { type Apt, preparePrivateApt } from './private-apt.ts';

/** Fetches a package with all that its programs load, and unpacks it without some of its folders. */
export async function unpackPackage(
  archive: Archive,
  folder: KeptFolder,
  ballast: readonly string[],
): Promise<{ tree: string; version: string }> {
  const apt = await preparePrivateApt(archive, folder);
  const wanted = await newestNamed(apt, archive);
  const { version, packages } = await withLibraries(apt, wanted);
  await apt('apt-get', 'download', ...packages);

  const tree = join(folder.path, 'tree');
  await mkdir(tree);
  const downloads = (await readdir(folder.path)).filter((name) => name.endsWith('.deb'));
  for (const download of downloads) await run('dpkg-deb', ['-x', download, tree], { folder });
  await Promise.all(ballast.map((path) => rm(join(tree, path), { recursive: true, force: true })));
  return { tree, version };
}

/** The files below a folder, by their paths in it. Links may point out of it, at the machine's own loader. */
export async function filesIn(tree: string): Promise<string[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(tree, join(entry.parentPath, entry.name)));
}

export function findFile(files: readonly string[], pattern: RegExp): string {
  const found = files.find((file) => pattern.test(file));
  if (!found) throw new Error(`the packages hold no file like ${pattern}`);
  return found;
}

/** The packages' own loader, and the folders of their shared libraries: they may be newer than this machine's. */
export function locateLoader(files: readonly string[]): { loader: string; libraries: string[] } {
  const libraries = files.filter((file) => /\/lib[^/]*\.so[.\d]*$/.test(file) && !/\/(plugin|gconv)\//.test(file));
  return {
    loader: findFile(files, /\/ld(-linux.*|64)?\.so\.\d$/),
    libraries: [...new Set(libraries.map((file) => dirname(file)))],
  };
}

// Debian calls it mysql-server-core, Ubuntu mysql-server-core-8.0.
async function newestNamed(apt: Apt, { packageName, suite, mirror }: Archive): Promise<string> {
  const found = await apt('apt-cache', 'search', '--names-only', `^${packageName}(-[0-9.]+)?$`);
  const names = found.split('\n').flatMap((line) => line.split(' ')[0] || []);
  const [newest] = names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (!newest) throw new Error(`${mirror} has no ${packageName} in ${suite} for this architecture`);
  return names.includes(packageName) ? packageName : newest;
}

// What else a package depends on serves its installation: users, questions, Perl scripts.
async function withLibraries(apt: Apt, wanted: string): Promise<{ version: string; packages: string[] }> {
  const plan = await apt('apt-get', '--simulate', 'install', wanted);
  const steps = [...plan.matchAll(/^Inst (?<name>\S+) \((\d+:)?(?<version>\S+)/gm)].map((step) => step.groups ?? {});
  const isNeeded = (name = '') =>
    name === wanted || (/^(lib|zlib|mariadb-client)/.test(name) && !name.includes('perl'));
  return {
    version: steps.find(({ name }) => name === wanted)?.version ?? '',
    packages: steps.flatMap(({ name = '' }) => (isNeeded(name) ? name : [])),
  };
}
