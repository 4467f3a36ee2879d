import { writeFile } from 'node:fs/promises';
import type { Database } from './database.ts';
import { type FoundServer, MissingServer } from './obtain-server.ts';
import { shortVersion } from './server-version.ts';

type Entry = { name: Database; version: string; provider: string; url?: string } | { name: Database; missing: string };

/** Writes, for programs, what the tests were run on. */
export async function writeReport(
  path: string,
  databases: Database[],
  outcomes: (FoundServer | MissingServer)[],
): Promise<void> {
  const entries = databases.map((name) =>
    entry(
      name,
      outcomes.find(({ dialect }) => dialect === name),
    ),
  );
  await writeFile(path, `${JSON.stringify(entries, null, 2)}\n`);
}

function entry(name: Database, outcome: FoundServer | MissingServer | undefined): Entry {
  if (!outcome) return { name, version: process.versions.sqlite ?? '', provider: 'node' };
  if (outcome instanceof MissingServer) return { name, missing: outcome.tried.join('. ') };
  const url = new URL(outcome.url);
  url.password = '';
  return { name, version: shortVersion(outcome.version), provider: outcome.provider, url: url.href };
}
