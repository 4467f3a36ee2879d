import { type ServerDialect, titles } from './database.ts';
import { type OwnServer, startProgram } from './own-server.ts';
import { reasonOf } from './reason.ts';
import type { RoadName } from './road.ts';
import { distributionProgram } from './roads/distribution.ts';
import { localProgram } from './roads/local.ts';
import type { ServerProgram } from './server-program.ts';
import { readTestSettings } from './test-settings.ts';

type ProgramRoad = Extract<RoadName, 'local' | 'distribution'>;

const programs: Record<ProgramRoad, (dialect: ServerDialect) => Promise<ServerProgram>> = {
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
  for (const road of programRoads()) {
    try {
      return await startProgram(await programs[road](dialect), options.flags);
    } catch (error) {
      tried.push(`${road}: ${reasonOf(error)}`);
    }
  }
  throw new Error(
    `This test kills or reconfigures its server, so it starts a ${titles[dialect]} process itself; ` +
      `a server in Docker or behind a URL cannot serve it. ${tried.join('. ')}`,
  );
}

function programRoads(): ProgramRoad[] {
  const forced = readTestSettings(process.env).forcedRoad;
  return forced === 'local' || forced === 'distribution' ? [forced] : ['local', 'distribution'];
}
