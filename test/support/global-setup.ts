import { startSharedServers } from './servers/shared-servers.ts';
import { readTestSettings } from './servers/test-settings.ts';

/** Has the servers ready before the first test file is run. */
export default async function globalSetup(): Promise<void> {
  await startSharedServers(readTestSettings(process.env));
}
