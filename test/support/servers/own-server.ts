import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { dataTemplate } from './data-template.ts';
import { freePort } from './free-port.ts';
import type { KeptFolder } from './kept-folder.ts';
import { hasEnded, launch, untilReady } from './server-process.ts';
import type { ServerProgram } from './server-program.ts';
import { makeWorkFolder } from './work-folder.ts';

const attempts = 3;

/** A server process that belongs to the test that started it. */
export interface OwnServer {
  /** Root's URL, without a password and without a database. */
  readonly url: string;
  readonly port: number;
  /** Of the process at work, or of the last one. */
  readonly pid: number;
  readonly version: string;
  /** Sends the signal; where it ends the process, waits for that. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Runs it again on the same port and data, by other flags if given, killing it first if need be. */
  restart(options?: { flags?: string[] }): Promise<void>;
  /** Kills it and removes its data. */
  stop(): Promise<void>;
}

export async function startProgram(program: ServerProgram, givenFlags: string[] = []): Promise<OwnServer> {
  const template = await dataTemplate(program);
  const folder = await makeWorkFolder(program.dialect);
  try {
    await cp(template, join(folder.path, 'data'), { recursive: true });
    return await startOnFreePort(program, folder, givenFlags);
  } catch (error) {
    await folder.release();
    throw error;
  }
}

// A free port can be taken by another process before the server has it.
async function startOnFreePort(program: ServerProgram, folder: KeptFolder, flags: string[]): Promise<OwnServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnPort(program, folder, await freePort(), flags);
    } catch (error) {
      if (attempt === attempts || !/bind|address already in use/i.test(String(error))) throw error;
    }
  }
}

async function startOnPort(
  program: ServerProgram,
  folder: KeptFolder,
  port: number,
  givenFlags: string[],
): Promise<OwnServer> {
  const url = `${program.dialect}://root@127.0.0.1:${port}`;
  let flags = givenFlags;
  let child = await launch(program, folder, port, flags);
  const version = await untilReady(child, folder, url);

  const end = async (signal: NodeJS.Signals) => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.ref();
    child.kill(signal);
    await ended;
    folder.runs();
  };
  return {
    url,
    port,
    version,
    get pid() {
      return child.pid as number;
    },
    kill: async (signal) => {
      if (endsProcess(signal)) await end(signal);
      else child.kill(signal);
    },
    restart: async (options) => {
      await end('SIGKILL');
      flags = options?.flags ?? flags;
      child = await launch(program, folder, port, flags);
      await untilReady(child, folder, url);
    },
    stop: async () => {
      await end('SIGKILL');
      await folder.release();
    },
  };
}

function endsProcess(signal: NodeJS.Signals): boolean {
  return ['SIGKILL', 'SIGTERM', 'SIGABRT', 'SIGSEGV', 'SIGQUIT'].includes(signal);
}
