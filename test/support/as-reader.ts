import { chmod } from 'node:fs/promises';

const NOBODY = 65_534;

/** Does something as a user who may write nothing: permissions mean nothing to root, whom tests may run as. */
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
