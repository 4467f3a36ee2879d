import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { KeptFolder } from '../kept-folder.ts';
import { run } from '../run.ts';
import type { Archive } from './archive.ts';
import { type Apt, preparePrivateApt } from './private-apt.ts';

/** What `unpacked.json` beside the files says about them. All paths are relative to it. */
export interface UnpackedServer {
  version: string;
  program: string;
  loader: string;
  /** The folders of the shared libraries. */
  libraries: string[];
  share: string;
}

// Tools, manuals and the like, which are half of what is unpacked.
const ballast = ['usr/bin', 'usr/share/doc', 'usr/share/lintian', 'usr/share/man'];

/** Fetches the server with all that it loads, and returns the folder it is in. */
export async function unpackServer(archive: Archive, folder: KeptFolder): Promise<string> {
  const apt = await preparePrivateApt(archive, folder);
  const server = await newestNamed(apt, archive);
  const { version, packages } = await withLibraries(apt, server);
  await apt('apt-get', 'download', ...packages);

  const tree = join(folder.path, 'tree');
  await mkdir(tree);
  const downloads = (await readdir(folder.path)).filter((name) => name.endsWith('.deb'));
  for (const download of downloads) await run('dpkg-deb', ['-x', download, tree], { folder });
  await Promise.all(ballast.map((path) => rm(join(tree, path), { recursive: true, force: true })));
  const unpacked: UnpackedServer = { version, ...(await locate(tree)) };
  await writeFile(join(tree, 'unpacked.json'), JSON.stringify(unpacked, null, 2));
  return tree;
}

// Debian calls it mysql-server-core, Ubuntu mysql-server-core-8.0.
async function newestNamed(apt: Apt, { packageName, suite, mirror }: Archive): Promise<string> {
  const found = await apt('apt-cache', 'search', '--names-only', `^${packageName}(-[0-9.]+)?$`);
  const names = found.split('\n').flatMap((line) => line.split(' ')[0] || []);
  const [newest] = names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (!newest) throw new Error(`${mirror} has no ${packageName} in ${suite} for this architecture`);
  return names.includes(packageName) ? packageName : newest;
}

// What else a server depends on serves its installation: users, questions, Perl scripts.
async function withLibraries(apt: Apt, server: string): Promise<{ version: string; packages: string[] }> {
  const plan = await apt('apt-get', '--simulate', 'install', server);
  const steps = [...plan.matchAll(/^Inst (?<name>\S+) \((\d+:)?(?<version>\S+)/gm)].map((step) => step.groups ?? {});
  const isNeeded = (name = '') => name === server || (/^(lib|zlib)/.test(name) && !name.includes('perl'));
  return {
    version: steps.find(({ name }) => name === server)?.version ?? '',
    packages: steps.flatMap(({ name = '' }) => (isNeeded(name) ? name : [])),
  };
}

async function locate(tree: string): Promise<Omit<UnpackedServer, 'version'>> {
  // Links may point out of the tree, at the machine's own loader.
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)));
  const find = (pattern: RegExp) => {
    const found = files.find((file) => pattern.test(file));
    if (!found) throw new Error(`the packages hold no file like ${pattern}`);
    return found;
  };
  const libraries = files.filter((file) => /\/lib[^/]*\.so[.\d]*$/.test(file) && !/\/(plugin|gconv)\//.test(file));
  return {
    program: find(/\/sbin\/(mysqld|mariadbd)$/),
    loader: find(/\/ld(-linux.*|64)?\.so\.\d$/),
    libraries: [...new Set(libraries.map((file) => dirname(file)))],
    share: dirname(dirname(find(/\/english\/errmsg\.sys$/))),
  };
}
