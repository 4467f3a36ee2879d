import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ServerDialect } from '../database.ts';
import { NothingThere } from '../server-provider.ts';

/** Where the distribution keeps a server's packages, and who signs them. */
export interface Archive {
  mirror: string;
  suite: string;
  components: string;
  keyring: string;
  /** A version may follow in its name. */
  packageName: string;
}

interface Distribution {
  components: string;
  keyring: string;
  /** Where a server is not in the machine's own suite. */
  suites: Partial<Record<ServerDialect, string>>;
}

const distributions: Record<string, Distribution> = {
  debian: {
    components: 'main',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    // Debian's releases carry MariaDB alone.
    suites: { mysql: 'sid' },
  },
  ubuntu: {
    components: 'main universe',
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    suites: {},
  },
};

/** What is fetched: the server without its service, users and scripts, or the programs that dump and restore. */
export type PackageKind = 'server' | 'client';

const packageNames: Record<PackageKind, Record<ServerDialect, string>> = {
  server: { mysql: 'mysql-server-core', mariadb: 'mariadb-server-core' },
  client: { mysql: 'mysql-client-core', mariadb: 'mariadb-client' },
};

export async function findArchive(dialect: ServerDialect, kind: PackageKind): Promise<Archive> {
  const release = await osRelease();
  const id = release.ID ?? '';
  const distribution = distributions[id];
  if (!distribution) throw new NothingThere('only Debian and Ubuntu are known to have server packages to unpack');
  const { components, keyring, suites } = distribution;
  await access(keyring).catch(() => {
    throw new Error(`${keyring}, which proves that packages are genuine, cannot be read`);
  });
  const codename = release.VERSION_CODENAME ?? 'sid';
  const mirror = await configuredMirror(id, codename);
  if (mirror === undefined) throw new NothingThere(`apt has no source for ${id}'s ${codename}`);
  return {
    mirror,
    suite: suites[dialect] ?? codename,
    components,
    keyring,
    packageName: packageNames[kind][dialect],
  };
}

async function osRelease(): Promise<Record<string, string>> {
  const content = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const pairs = [...content.matchAll(/^(\w+)="?(.*?)"?$/gm)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

// The mirror that this machine is configured to use is the one that it can reach. Other vendors' archives
// use the release's name too, but end otherwise; the keyring has the last word in any case.
async function configuredMirror(id: string, codename: string): Promise<string | undefined> {
  // What an update would fetch is known even where there has never been one.
  const { stdout } = await promisify(execFile)('apt-get', ['--print-uris', 'update']);
  const wanted = new RegExp(`^'(.+)/dists/${codename}/main/`, 'gm');
  const mirrors = [...stdout.matchAll(wanted)].flatMap(([, mirror]) => mirror ?? []);
  return mirrors.find((mirror) => new RegExp(`/${id}(-ports)?$`).test(mirror)) ?? mirrors[0];
}
