import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Block, fileNameOf, promisedOutput } from './page.ts';
import type { Project, RunOptions } from './project.ts';

const MODULES = new Set(['ts', 'js', 'cjs']);
const RUNNER = join(import.meta.dirname, 'run-modules.ts');

/** What a block printed beside what it says that it prints. */
export interface Run {
  readonly where: string;
  readonly printed: readonly string[];
  readonly promised: readonly string[];
}

/** What the blocks printed, and where. */
export const printedBy = (runs: readonly Run[]): object[] =>
  runs.map(({ where, printed }) => ({ where, output: printed }));
/** What the blocks should have printed. */
export const promisedBy = (runs: readonly Run[]): object[] =>
  runs.map(({ where, promised }) => ({ where, output: promised }));

/** Runs the blocks of a page in their order, in one folder. Modules in a row share a process. */
export async function runPage(
  project: Project,
  folder: string,
  blocks: readonly Block[],
  { python = 'python3', ...more }: Omit<RunOptions, 'below'> & { readonly python?: string } = {},
): Promise<Run[]> {
  const runs: Run[] = [];
  const options = { ...more, below: folder };
  await project.makeFolder(folder);
  let modules: { block: Block; file: string }[] = [];
  const runModules = async () => {
    if (modules.length > 0) {
      const files = modules.map(({ file }) => file);
      const printed = (await project.run('node', [RUNNER, ...files], options)).split('\u0000').slice(1);
      runs.push(...modules.map(({ block }, index) => compared(block, printed[index])));
      modules = [];
    }
  };
  for (const [index, block] of blocks.entries()) {
    const name = fileNameOf(block);
    if (name !== undefined && block.language === 'diff') {
      await applyDiff(join(project.folder, folder, name), block);
    } else if (name !== undefined) {
      await project.write(join(folder, name), block.code);
    } else if (MODULES.has(block.language)) {
      modules.push({ block, file: await project.write(join(folder, `block-${index}.${block.language}`), block.code) });
    } else if (block.language === 'sh') {
      await runModules();
      await project.run('sh', ['-eu', '-c', block.code], options);
    } else if (block.language === 'py') {
      await runModules();
      runs.push(compared(block, `\n${await project.run(python, ['-c', block.code], options)}`));
    }
  }
  await runModules();
  return runs;
}

// a failed run has no output for the modules behind the one that failed
function compared(block: Block, printed = ''): Run {
  const lines = printed.split('\n').slice(1);
  return {
    where: `${block.page}:${block.line}`,
    printed: lines.filter((line) => line !== ''),
    promised: promisedOutput(block),
  };
}

/** Changes a file as a diff without line numbers says; what it replaces must be there once. */
async function applyDiff(file: string, { page, line, code }: Block): Promise<void> {
  const lines = code.trimEnd().split('\n');
  const side = (left: string) =>
    lines
      .filter((text) => !text.startsWith(left))
      .map((text) => text.slice(1))
      .join('\n');
  const [before, after] = [side('+'), side('-')];
  const source = await readFile(file, 'utf8');
  if (source.split(`${before}\n`).length !== 2) {
    throw new Error(`${page}:${line} does not fit ${file}:\n${before}`);
  }
  await writeFile(
    file,
    source.replace(`${before}\n`, () => `${after}\n`),
  );
}

/** The folder in which the snippets of a page are run. */
export function folderOf(page: string): string {
  return page.replaceAll(/\W/g, '-');
}
