import type { ServerDialect } from './database.ts';
import type { TestSettings } from './test-settings.ts';

/** Where a server can come from, in the order in which the roads are tried. */
export const roadNames = ['url', 'docker', 'local', 'distribution'] as const;
export type RoadName = (typeof roadNames)[number];

export interface ObtainedServer {
  /** Root's URL, without a database. */
  url: string;
  version: string;
  stop(): Promise<void>;
}

export type Road = (dialect: ServerDialect, settings: TestSettings) => Promise<ObtainedServer>;

/**
 * Nothing was found on this road, which is nothing to talk about as long as another one leads
 * somewhere. Any other error means that something was there and broken, and is told at once.
 */
export class NothingThere extends Error {
  override name = 'NothingThere';
}
