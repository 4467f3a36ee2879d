import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type ServerDialect, titles } from '../database.ts';
import { makeKeptFolder } from '../kept-folder.ts';
import { startProgram } from '../own-server.ts';
import { run } from '../run.ts';
import type { ServerProgram } from '../server-program.ts';
import { NothingThere, type ServerProvider } from '../server-provider.ts';

// Debian's MariaDB calls itself mysqld too: the version says which it is.
const names: Record<ServerDialect, string[]> = {
  mysql: ['mysqld'],
  mariadb: ['mariadbd', 'mysqld'],
};
// Seldom on an ordinary user's PATH, but where distributions put servers.
const furtherFolders = ['/usr/sbin', '/usr/local/sbin'];

/** A server installed on this machine, run from a data directory of its own. */
export const localProvider: ServerProvider = async (dialect) => startProgram(await localProgram(dialect));

export async function localProgram(dialect: ServerDialect): Promise<ServerProgram> {
  // Without a shell nothing could make a server end with the tests.
  if (process.platform === 'win32') throw new NothingThere('no server is started on Windows');
  const folder = await makeKeptFolder(tmpdir(), 'look');
  try {
    for (const command of await candidates(names[dialect])) {
      const version = await run(command, ['--no-defaults', '--version'], { folder });
      if (/mariadb/i.test(version) !== (dialect === 'mariadb')) continue;
      const settings =
        dialect === 'mariadb' ? await run(command, ['--no-defaults', '--verbose', '--help'], { folder }) : '';
      return {
        dialect,
        version: /Ver (\S+)/.exec(version)?.[1] ?? version,
        command,
        args: ['--no-defaults'],
        shareFolder: dirname(/^character-sets-dir +(\S+?)\/?$/m.exec(settings)?.[1] ?? '/usr/share/mysql/charsets'),
      };
    }
  } finally {
    await folder.release();
  }
  throw new NothingThere(
    `no ${titles[dialect]} program (${names[dialect][0]}) on PATH, nor in ${furtherFolders.join(' or ')}`,
  );
}

async function candidates(programs: string[]): Promise<string[]> {
  const folders = new Set([...(process.env.PATH ?? '').split(delimiter), ...furtherFolders]);
  const paths = programs.flatMap((program) => [...folders].filter(Boolean).map((folder) => join(folder, program)));
  const found = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, index) => found[index]);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
