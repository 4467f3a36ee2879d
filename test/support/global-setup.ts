import { startSharedServers } from './servers/shared-servers.ts';
import { readTestSettings } from './servers/test-settings.ts';

/** Starts the servers before the first test file runs. */
export default async function globalSetup(): Promise<void> {
  await startSharedServers(readTestSettings(process.env));
}
