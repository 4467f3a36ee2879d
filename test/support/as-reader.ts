import { chmod } from 'node:fs/promises';

const NOBODY = 65_534;

/** Runs something as a user who may not write, since tests may run as root, for whom permissions mean nothing. */
export async function asReader<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const root = process.geteuid?.() === 0;
  await chmod(folder, 0o555);
  if (root) {
    process.seteuid?.(NOBODY);
  }
  try {
    return await work();
  } finally {
    if (root) {
      process.seteuid?.(0);
    }
    await chmod(folder, 0o755);
  }
}
