import { type ServerDialect, titles } from './database.ts';
import { setAgainstUs } from './hostile-globals.ts';
import { reasonOf } from './reason.ts';
import { NothingThere, type ObtainedServer, type Road, type RoadName, roadNames } from './road.ts';
import { distributionRoad } from './roads/distribution.ts';
import { localRoad } from './roads/local.ts';
import { urlRoad } from './roads/url.ts';
import { say } from './say.ts';
import type { TestSettings } from './test-settings.ts';

export interface FoundServer extends ObtainedServer {
  dialect: ServerDialect;
  road: RoadName;
}

const roads: Record<RoadName, Road> = {
  url: urlRoad,
  // Loaded when it is needed: testcontainers takes longer to load than SQLite's tests to begin.
  docker: async (...args) => (await import('./roads/docker.ts')).dockerRoad(...args),
  local: localRoad,
  distribution: distributionRoad,
};

/** No road led to a server; `tried` says why, road by road. */
export class MissingServer extends Error {
  override name = 'MissingServer';
  readonly dialect: ServerDialect;
  readonly tried: string[];

  constructor(dialect: ServerDialect, tried: string[]) {
    super(`no ${titles[dialect]} server could be had`);
    this.dialect = dialect;
    this.tried = tried;
  }
}

export async function obtainServer(dialect: ServerDialect, settings: TestSettings): Promise<FoundServer> {
  const tried: string[] = [];
  const names = roadsOf(dialect, settings);
  for (const road of names) {
    try {
      const { url, version, stop } = await roads[road](dialect, settings);
      if (settings.hostile) await setAgainstUs(dialect, url);
      return { dialect, road, url, version, stop };
    } catch (error) {
      const reason = reasonOf(error);
      tried.push(`${road}: ${reason}`);
      const isLast = road === names.at(-1);
      if (!isLast && !(error instanceof NothingThere)) say(`${titles[dialect]} not by the road "${road}": ${reason}`);
    }
  }
  throw new MissingServer(dialect, tried);
}

// Whoever names a server by its URL does not mean another one, should it be down.
function roadsOf(dialect: ServerDialect, { forcedRoad, urls, hostile }: TestSettings): readonly RoadName[] {
  // a server that was there before has other users, whom its globals would be set against too
  if (hostile) return roadNames.filter((road) => road !== 'url' && (forcedRoad ?? road) === road);
  if (forcedRoad) return [forcedRoad];
  return urls[dialect] ? ['url'] : roadNames;
}
