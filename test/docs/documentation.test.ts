import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = new URL('../..', import.meta.url);
const run = promisify(execFile);

/** The TypeScript blocks of a page of documentation. */
async function blocksOf(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, ROOT), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] as string);
}

/** What the block says it prints: the comments behind its `console.log` calls. */
function promised(block: string): string[] {
  return [...block.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map(
    (match) => (match[1] as string).split(', ')[0] as string,
  );
}

describe('documentation', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-docs-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const execute = async (file: string) => {
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });
    return stdout;
  };

  it('has examples in its README that run and print what they say', async () => {
    const blocks = await blocksOf('README.md');
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    for (const [index, block] of blocks.entries()) {
      const file = join(folder, `readme-${index}.ts`);
      await writeFile(file, block.replaceAll("'tradestore'", `'${new URL('src/index.ts', ROOT).href}'`));
      const printed = (await execute(file)).trim().split('\n');
      // a string is printed without the quotes that the comment shows it with
      expect(printed).toEqual(promised(block).map((text) => text.replace(/^'([^']*)'$/, '$1').replaceAll("'", '')));
    }
  }, 60_000);

  it('has example programs that run, and run again', async () => {
    const programs = (await readdir(new URL('examples/', ROOT))).filter((name) => name.endsWith('.ts'));
    expect(programs.length).toBeGreaterThan(0);
    for (const program of [...programs, ...programs]) {
      await expect(execute(new URL(`examples/${program}`, ROOT).pathname)).resolves.not.toBe('');
    }
  }, 60_000);
});
