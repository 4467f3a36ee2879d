import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import type { ServerDialect } from '../database.ts';
import { findArchive } from '../distribution/archive.ts';
import { type UnpackedServer, unpackServer } from '../distribution/unpack-server.ts';
import { withLockedFolder } from '../locked-folder.ts';
import { startProgram } from '../own-server.ts';
import { say } from '../say.ts';
import type { ServerProgram } from '../server-program.ts';
import type { ServerProvider } from '../server-provider.ts';

/** The distribution's own server package: fetched once, unpacked beside the project, not installed. */
export const distributionProvider: ServerProvider = async (dialect) => startProgram(await distributionProgram(dialect));

export async function distributionProgram(dialect: ServerDialect): Promise<ServerProgram> {
  const home = join(cacheFolder, `${dialect}-${process.arch}`);
  return (await cached(dialect, home)) ?? fetch(dialect, home);
}

async function fetch(dialect: ServerDialect, home: string): Promise<ServerProgram> {
  const archive = await findArchive(dialect, 'server');
  return withLockedFolder(`${home}.lock`, async (folder) => {
    const fetchedMeanwhile = await cached(dialect, home);
    if (fetchedMeanwhile) return fetchedMeanwhile;
    say(`Fetching ${archive.packageName} of the distribution's suite ${archive.suite}, this once ...`);
    await rename(await unpackServer(archive, folder), home);
    return (await cached(dialect, home)) as ServerProgram;
  });
}

async function cached(dialect: ServerDialect, home: string): Promise<ServerProgram | undefined> {
  let unpacked: UnpackedServer;
  try {
    unpacked = JSON.parse(await readFile(join(home, 'unpacked.json'), 'utf8'));
  } catch {
    return undefined;
  }
  const shareFolder = join(home, unpacked.share);
  return {
    dialect,
    version: unpacked.version,
    // The package's own loader and libraries: they may be newer than this machine's.
    command: join(home, unpacked.loader),
    args: [
      '--inhibit-cache',
      '--library-path',
      unpacked.libraries.map((path) => join(home, path)).join(':'),
      join(home, unpacked.program),
      '--no-defaults',
      `--basedir=${home}`,
      `--plugin-dir=${join(home, 'usr/lib/mysql/plugin')}`,
      `--lc-messages-dir=${shareFolder}`,
      `--character-sets-dir=${join(shareFolder, 'charsets')}`,
    ],
    shareFolder,
  };
}
