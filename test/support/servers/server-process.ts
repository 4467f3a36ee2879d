import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.ts';
import type { KeptFolder } from './kept-folder.ts';
import { serverFlags } from './lean-flags.ts';
import { reasonOf } from './reason.ts';
import { lastLines } from './run.ts';
import type { ServerProgram } from './server-program.ts';

const readyTimeoutMs = 60_000;
const pollMs = 20;

/** Starts a process on the folder's data; it goes when the folder goes. */
export async function launch(
  program: ServerProgram,
  folder: KeptFolder,
  port: number,
  flags: string[],
): Promise<ChildProcess> {
  const log = await open(logFile(folder), 'w');
  const own = [
    `--port=${port}`,
    `--datadir=${join(folder.path, 'data')}`,
    `--socket=${join(folder.path, 'socket')}`,
    `--pid-file=${join(folder.path, 'pid')}`,
    `--tmpdir=${folder.path}`,
  ];
  const child = spawn(program.command, [...program.args, ...own, ...serverFlags(program.dialect), ...flags], {
    cwd: folder.path,
    // Its own group: Ctrl-C is for the tests, and the keeper of the folder does the rest.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  folder.runs(child.pid);
  child.unref();
  await once(child, 'spawn').finally(() => log.close());
  return child;
}

/** Waits until the server answers, and returns its version. */
export async function untilReady(child: ChildProcess, folder: KeptFolder, url: string): Promise<string> {
  const deadline = Date.now() + readyTimeoutMs;
  let reason = 'another server has its port';
  while (Date.now() < deadline) {
    try {
      const [version = '', data = ''] = await ask(url, 'select version(), @@datadir');
      if (data.includes(basename(folder.path))) return version;
    } catch (error) {
      reason = reasonOf(error);
    }
    if (hasEnded(child)) {
      throw new Error(`the server ended at once: ${lastLines(await readLog(folder))}`);
    }
    await sleep(pollMs);
  }
  throw new Error(`the server was not ready after ${readyTimeoutMs / 1000} s: ${reason}`);
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function readLog(folder: KeptFolder): Promise<string> {
  return readFile(logFile(folder), 'utf8');
}

function logFile(folder: KeptFolder): string {
  return join(folder.path, 'log');
}
