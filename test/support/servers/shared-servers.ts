import { isServerDialect, type ServerDialect, serverDialects, titles } from './database.ts';
import { missingServerAdvice } from './missing-server-advice.ts';
import { type FoundServer, MissingServer, obtainServer } from './obtain-server.ts';
import { PlainError } from './plain-error.ts';
import { writeReport } from './report.ts';
import { say } from './say.ts';
import type { ProviderName } from './server-provider.ts';
import { shortVersion } from './server-version.ts';
import { publishTestServers } from './test-servers.ts';
import type { TestSettings } from './test-settings.ts';

const origins: Record<ProviderName, string> = {
  url: 'named by the environment',
  docker: 'in Docker',
  local: 'from the program installed here',
  distribution: "from the distribution's package",
};

let running: FoundServer[] = [];

/** Starts the servers that all tests of a run share, or fails saying what is missing. */
export async function startSharedServers(settings: TestSettings): Promise<void> {
  if (settings.databases.includes('sqlite')) say(`SQLite ${process.versions.sqlite} from Node itself`);
  const dialects = settings.databases.filter(isServerDialect);
  sayUnusedUrls(settings);
  const outcomes = await Promise.all(dialects.map((dialect) => obtain(dialect, settings)));
  running = outcomes.filter((outcome): outcome is FoundServer => !(outcome instanceof MissingServer));
  const missing = outcomes.filter((outcome) => outcome instanceof MissingServer);

  if (settings.reportFile) await writeReport(settings.reportFile, settings.databases, outcomes);
  const needed = missing.filter(({ dialect }) => !settings.optional.includes(dialect));
  if (needed.length > 0) {
    await stopSharedServers();
    throw new PlainError(needed.map(missingServerAdvice).join('\n\n'));
  }
  for (const { dialect, tried } of missing) {
    say(`WARNING: the tests run WITHOUT ${titles[dialect]}, which TEST_DATABASES_OPTIONAL allows. ${tried.join('. ')}`);
  }
  publishTestServers(running.map(({ dialect, url }) => ({ dialect, url })));
}

export async function stopSharedServers(): Promise<void> {
  await Promise.all(running.map((server) => server.stop()));
  running = [];
}

function sayUnusedUrls({ databases, urls }: TestSettings): void {
  for (const dialect of serverDialects) {
    if (!urls[dialect] || databases.includes(dialect)) continue;
    say(`${urls[dialect].variable} is not used: TEST_DATABASES leaves out ${titles[dialect]}`);
  }
}

async function obtain(dialect: ServerDialect, settings: TestSettings): Promise<FoundServer | MissingServer> {
  const startedAt = performance.now();
  try {
    const server = await obtainServer(dialect, settings);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${titles[dialect]} ${shortVersion(server.version)} ${origins[server.provider]}, ready in ${seconds} s`);
    return server;
  } catch (error) {
    if (error instanceof MissingServer) return error;
    throw error;
  }
}
