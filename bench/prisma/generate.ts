import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('..', import.meta.url));

/** Generates Prisma's client from its schema; returns the reason if that fails. */
export function preparePrisma(): string | undefined {
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/prisma/build/index.js', 'generate', '--schema', 'prisma/schema.prisma'],
    {
      cwd: bench,
      stdio: ['ignore', 'ignore', 'inherit'],
      // Generating needs no engine: they are for migrations, and would be downloaded from a server of Prisma's
      // at every install. Naming a program, which is never run, makes it leave that out.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    },
  );
  return status === 0 ? undefined : 'prisma generate failed';
}
