import type { ServerDialect } from './database.ts';
import type { TestSettings } from './test-settings.ts';

/** Where a server can come from, in the order in which the providers are tried. */
export const providerNames = ['url', 'docker', 'local', 'distribution'] as const;
export type ProviderName = (typeof providerNames)[number];

export interface ObtainedServer {
  /** Root's URL, without a database. */
  url: string;
  version: string;
  stop(): Promise<void>;
}

export type ServerProvider = (dialect: ServerDialect, settings: TestSettings) => Promise<ObtainedServer>;

/**
 * This provider has no server, which matters only if no other one has. Any other error means that there was one and
 * that it is broken, and is reported at once.
 */
export class NothingThere extends Error {
  override name = 'NothingThere';
}
