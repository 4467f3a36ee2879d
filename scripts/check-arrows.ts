import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSkeletons } from './architecture/skeleton.ts';

// Usage: check-arrows.ts [folder]. Checks what the sources of a folder import, and what the declarations
// made of them do, against .dependency-cruiser.mjs. By default the folder is this repository.

const repository = fileURLToPath(new URL('..', import.meta.url));
const packages = join(repository, 'node_modules');
const root = resolve(process.argv[2] ?? repository);
const work = join(repository, '.cache', `arrows-${process.pid}`);

function run(program: string, options: string[], folder: string): number {
  return spawnSync(process.execPath, [program, ...options], { cwd: folder, stdio: 'inherit' }).status ?? 1;
}

try {
  mkdirSync(work, { recursive: true });
  writeSkeletons(root, 'src', work);
  writeSkeletons(root, 'migrations', work);
  const declarations = join(work, 'declarations');
  const emit = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--declarationMap', 'false'];
  const emitted = run(join(packages, 'typescript', 'bin', 'tsc'), [...emit, '--outDir', declarations], root);
  writeSkeletons(work, 'declarations', work);
  cpSync(join(repository, 'package.json'), join(work, 'package.json'));
  symlinkSync(packages, join(work, 'node_modules'));
  const cruised = run(
    join(packages, 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
    ['--config', join(repository, '.dependency-cruiser.mjs'), '--output-type', 'err-long', '.'],
    work,
  );
  process.exitCode = emitted || cruised;
} finally {
  rmSync(work, { recursive: true, force: true });
}
