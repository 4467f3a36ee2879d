import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// Makes what is published of what was compiled: one file for each entry and each part that is loaded later, since
// loading some 200 small modules takes longer than all else in them; and one declaration for each entry.

const root = fileURLToPath(new URL('..', import.meta.url));

/** The entries that programs import. What both use is in chunks, so that it exists once in a process. */
const LIBRARY = { index: 'src/index.ts', 'mikro-orm': 'src/mikro-orm.ts' };
/** A bundle of its own: the many parts that it loads one by one would cut the library into as many. */
const COMMAND = { cli: 'src/cli/main.ts' };

/** Rolls the declarations that an entry reaches into one file. API Extractor brings a compiler of its own. */
function rollUpTypes(entry: string): void {
  const program = join(root, 'node_modules/@microsoft/api-extractor/bin/api-extractor');
  const options = ['run', '--local', '--config', join(root, `scripts/declarations/${entry}.json`)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...options], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`the declarations of ${entry} could not be rolled up:\n${stdout}${stderr}`);
  }
}

rmSync(join(root, 'dist/chunks'), { recursive: true, force: true });
for (const entryPoints of [LIBRARY, COMMAND]) {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22.17',
    sourcemap: true,
    // the sources are in the package
    sourcesContent: false,
    logLevel: 'warning',
  });
}
for (const entry of Object.keys(LIBRARY)) {
  rollUpTypes(entry);
}
