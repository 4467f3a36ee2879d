import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnServer } from './servers/index.ts';

/** Freezes a server. The signal is sent at once and obeyed a little later, by one thread after the other. */
export async function freeze(server: OwnServer): Promise<void> {
  await server.kill('SIGSTOP');
  const tasks = `/proc/${server.pid}/task`;
  for (let look = 0; look < 100; look += 1) {
    await sleep(20);
    const states = existsSync(tasks) ? readdirSync(tasks).map((task) => stateOf(`${tasks}/${task}/stat`)) : [];
    // if the system does not say, wait a fifth of a second
    if (states.length > 0 ? states.every((state) => state === 'T') : look === 10) {
      return;
    }
  }
}

function stateOf(stat: string): string | undefined {
  return /\) (\w)/.exec(readFileSync(stat, 'utf8'))?.[1];
}
