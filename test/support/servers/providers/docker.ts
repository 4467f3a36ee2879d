import { setTimeout as sleep } from 'node:timers/promises';
import { MariaDbContainer } from '@testcontainers/mariadb';
import { MySqlContainer } from '@testcontainers/mysql';
import { getContainerRuntimeClient } from 'testcontainers';
import type { ServerDialect } from '../database.ts';
import { onInterrupt } from '../interrupt.ts';
import { leanFlags } from '../lean-flags.ts';
import { NothingThere, type ServerProvider } from '../server-provider.ts';
import { serverVersion } from '../server-version.ts';

const probeTimeoutMs = 5_000;

/** A container that testcontainers starts. */
export const dockerProvider: ServerProvider = async (dialect, settings) => {
  await probe();
  const starting = start(dialect, settings.images[dialect]);
  const stop = async () => {
    await (await starting).stop({ remove: true, removeVolumes: true });
  };
  // Containers outlive this process if the reaper of testcontainers is switched off.
  const forget = onInterrupt(stop);
  try {
    const container = await starting;
    const url = `${dialect}://root:${container.getRootPassword()}@${container.getHost()}:${container.getPort()}`;
    return { url, version: await serverVersion(url), stop: () => stop().finally(forget) };
  } catch (error) {
    await stop().catch(() => {});
    forget();
    throw error;
  }
};

async function probe(): Promise<void> {
  const late = sleep(probeTimeoutMs, undefined, { ref: false }).then(() => {
    throw new Error(`none within ${probeTimeoutMs / 1000} s`);
  });
  try {
    await Promise.race([getContainerRuntimeClient(), late]);
  } catch (error) {
    throw new NothingThere(`no container runtime answered (${(error as Error).message})`);
  }
}

async function start(dialect: ServerDialect, image: string) {
  const data = { '/var/lib/mysql': 'rw' };
  const flags = leanFlags(dialect);
  return dialect === 'mysql'
    ? new MySqlContainer(image).withTmpFs(data).withCommand(flags).start()
    : new MariaDbContainer(image).withTmpFs(data).withCommand(flags).start();
}
