import { type ServerDialect, titles } from './database.ts';
import { type OwnServer, startProgram } from './own-server.ts';
import { distributionProgram } from './providers/distribution.ts';
import { localProgram } from './providers/local.ts';
import { reasonOf } from './reason.ts';
import type { ServerProgram } from './server-program.ts';
import type { ProviderName } from './server-provider.ts';
import { readTestSettings } from './test-settings.ts';

type ProgramProvider = Extract<ProviderName, 'local' | 'distribution'>;

const programs: Record<ProgramProvider, (dialect: ServerDialect) => Promise<ServerProgram>> = {
  local: localProgram,
  distribution: distributionProgram,
};

/** Long enough for the first start of all, which may have to fetch the program. */
export const startServerTimeoutMs = 180_000;

/**
 * Starts a server for one test alone, which may kill, freeze or reconfigure it. The servers that
 * all tests share are in `testServers()`.
 */
export async function startServer(dialect: ServerDialect, options: { flags?: string[] } = {}): Promise<OwnServer> {
  const tried: string[] = [];
  for (const provider of programProviders()) {
    try {
      return await startProgram(await programs[provider](dialect), options.flags);
    } catch (error) {
      tried.push(`${provider}: ${reasonOf(error)}`);
    }
  }
  throw new Error(
    `This test kills or reconfigures its server, so it starts a ${titles[dialect]} process itself; ` +
      `a server in Docker or behind a URL cannot serve it. ${tried.join('. ')}`,
  );
}

function programProviders(): ProgramProvider[] {
  const forced = readTestSettings(process.env).forcedProvider;
  return forced === 'local' || forced === 'distribution' ? [forced] : ['local', 'distribution'];
}
