import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installPackages } from '../bench/install.ts';

// Checks the types of the benchmark together with those of its contenders, which it installs if they are missing.

installPackages();
const { status } = spawnSync(process.execPath, ['../node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
  cwd: fileURLToPath(new URL('../bench/', import.meta.url)),
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
