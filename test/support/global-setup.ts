import { fileURLToPath } from 'node:url';
import { startSharedServers } from './servers/shared-servers.ts';
import { readTestSettings } from './servers/test-settings.ts';

/** Starts the servers before the first test file runs. */
export default async function globalSetup(): Promise<void> {
  // programs that tests start load the whole library: compiled, it is kept from one to the next
  process.env['NODE_COMPILE_CACHE'] = fileURLToPath(new URL('../../.cache/compiled', import.meta.url));
  await startSharedServers(readTestSettings(process.env));
}
