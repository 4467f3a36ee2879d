import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** A folder, and at most one process that works in it. Both go when this process ends. */
export interface KeptFolder {
  path: string;
  /** Sets the process (the leader of its group) that works in the folder; without one, none does. */
  runs(pid?: number): void;
  /** Kills that process and removes the folder. */
  release(): Promise<void>;
}

// The keeper reads which process to end, and acts when its input ends: at `release()`, but just as
// well at Ctrl-C, at a crash and even at SIGKILL, where no handler in this process would run.
const keeper = `
while read -r line; do pid=$line; done
[ -z "$pid" ] || kill -s KILL -- "-$pid"
for attempt in 1 2 3 4 5 6 7 8 9; do rm -rf "$1" && exit; sleep 0.1; done
`;

export async function makeKeptFolder(parent: string, name: string): Promise<KeptFolder> {
  return keep(await mkdtemp(join(parent, `tradestore-${name}-`)));
}

/** Throws EEXIST when there is such a folder. */
export async function claimKeptFolder(path: string): Promise<KeptFolder> {
  await mkdir(path);
  return keep(path);
}

function keep(path: string): KeptFolder {
  // Detached, so that a Ctrl-C at the terminal does not reach it.
  const child = spawn('/bin/sh', ['-c', keeper, 'keeper', path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(child, 'close');
  const input = child.stdin as Socket;
  input.on('error', () => {});
  // A folder that was not released must not keep this process from ending.
  child.unref();
  input.unref();
  return {
    path,
    runs: (pid) => {
      input.write(`${pid ?? ''}\n`);
    },
    release: async () => {
      child.ref();
      input.end();
      await gone;
    },
  };
}
