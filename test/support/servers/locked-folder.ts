import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimKeptFolder, type KeptFolder } from './kept-folder.ts';

const staleAfterMs = 30 * 60_000;
const pollMs = 100;

/**
 * Does the work while no other process does work under the same path. The lock is a folder to
 * build things in: what is finished is renamed out of it, so it is never seen half done.
 */
export async function withLockedFolder<Result>(
  path: string,
  work: (folder: KeptFolder) => Promise<Result>,
): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  const folder = await claim(path);
  try {
    await writeFile(ownerFile(path), String(process.pid));
    return await work(folder);
  } finally {
    await folder.release();
  }
}

async function claim(path: string): Promise<KeptFolder> {
  for (;;) {
    try {
      return await claimKeptFolder(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(path)) await rm(path, { recursive: true, force: true });
    else await sleep(pollMs);
  }
}

// Left behind only if the machine itself went down: otherwise the keeper has removed it.
async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > staleAfterMs) return true;
    return !isAlive(Number(await readFile(ownerFile(path), 'utf8')));
  } catch {
    // Just taken, without its owner's name yet, or just given back.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ownerFile(path: string): string {
  return join(path, 'owner');
}
