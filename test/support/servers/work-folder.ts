import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type KeptFolder, makeKeptFolder } from './kept-folder.ts';

const memory = '/dev/shm';
// Two servers and those that tests start for themselves, each with some 150 MB and what is stored.
const roomNeeded = 2 * 1024 ** 3;

/** A folder for throw-away data: in memory where there is room for it, else on the disk. */
export async function makeWorkFolder(name: string): Promise<KeptFolder> {
  return makeKeptFolder((await memoryHasRoom()) ? memory : tmpdir(), name);
}

async function memoryHasRoom(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memory);
    return bavail * bsize >= roomNeeded;
  } catch {
    return false;
  }
}
