import { stopSharedServers } from './servers/shared-servers.ts';

export default async function globalTeardown(): Promise<void> {
  await stopSharedServers();
}
