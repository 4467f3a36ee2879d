import { access, chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import type { ServerDialect } from './database.ts';
import { findArchive } from './distribution/archive.ts';
import { filesIn, findFile, locateLoader, unpackPackage } from './distribution/unpack-package.ts';
import { withLockedFolder } from './locked-folder.ts';
import { say } from './say.ts';

const programs: Record<ServerDialect, readonly string[]> = {
  mysql: ['mysql', 'mysqldump'],
  mariadb: ['mariadb', 'mariadb-dump'],
};
const ballast = ['usr/share/doc', 'usr/share/lintian', 'usr/share/man', 'usr/lib/mysql', 'usr/lib/mariadb'];

/**
 * The folder of the programs that dump and restore a server, to be put on `PATH`: those of the distribution,
 * fetched once and not installed, as the servers are.
 */
export async function clientPrograms(dialect: ServerDialect): Promise<string> {
  const home = join(cacheFolder, `${dialect}-client-${process.arch}`);
  const folder = join(home, 'programs');
  if (await exists(folder)) return folder;
  const archive = await findArchive(dialect, 'client');
  await withLockedFolder(`${home}.lock`, async (locked) => {
    if (await exists(folder)) return;
    say(`Fetching ${archive.packageName} of the distribution's suite ${archive.suite}, this once ...`);
    const { tree } = await unpackPackage(archive, locked, ballast);
    await writeStarters(tree, dialect);
    await rename(tree, home);
  });
  return folder;
}

/** Scripts that start the programs by the loader that came with them. */
async function writeStarters(tree: string, dialect: ServerDialect): Promise<void> {
  const files = await filesIn(tree);
  const { loader, libraries } = locateLoader(files);
  await mkdir(join(tree, 'programs'));
  for (const name of programs[dialect]) {
    const path = libraries.map((library) => `$home/${library}`).join(':');
    const program = findFile(files, new RegExp(`/bin/${name}$`));
    const starter = join(tree, 'programs', name);
    const command = `exec "$home/${loader}" --inhibit-cache --library-path "${path}" "$home/${program}" "$@"`;
    await writeFile(starter, `#!/bin/sh\nhome=$(cd "$(dirname "$0")/.." && pwd)\n${command}\n`);
    await chmod(starter, 0o755);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
