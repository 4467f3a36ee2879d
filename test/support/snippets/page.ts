import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of the repository. */
export const REPOSITORY = join(import.meta.dirname, '../../..');

const EXECUTED_PAGES: readonly string[] = ['README.md', ...globSync('docs/guides/*.md', { cwd: REPOSITORY }).sort()];

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /**
   * What follows the language: `server` (run on each server), `bench` (run by `npm run check:guides`), `copy` (run in
   * a copy of this repository), `file=name` (a file that later blocks use).
   */
  readonly words: readonly string[];
  readonly code: string;
}

/** The fenced blocks of a page, in their order. */
async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(join(REPOSITORY, page), 'utf8');
  return [...text.matchAll(/^```(\w*)(.*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', info = '', code = ''] = match;
    return {
      page,
      line: text.slice(0, match.index).split('\n').length,
      language,
      words: info.split(' ').filter(Boolean),
      code,
    };
  });
}

/** The pages whose snippets are run, with their blocks. */
export function executedPages(): Promise<{ page: string; blocks: Block[] }[]> {
  return Promise.all(EXECUTED_PAGES.map(async (page) => ({ page, blocks: await blocksOf(page) })));
}

/** Whether a block is run on each server. */
export const needsServer = ({ words }: Block): boolean => words.includes('server');
/** Whether a block is run in a copy of this repository. */
export const runsInCopy = ({ words }: Block): boolean => words.includes('copy');
/** Whether a block is run by `npm run check:guides`, which has the packages that it imports. */
export const runsElsewhere = ({ words }: Block): boolean => words.includes('bench');

/** The name under which a block is saved, where it is a file that a later block uses. */
export function fileNameOf({ words }: Block): string | undefined {
  return words.find((word) => word.startsWith('file='))?.slice('file='.length);
}

/** What a block says it prints: the comments behind its calls of `console.log`, or of `print` in Python. */
export function promisedOutput({ code }: Block): string[] {
  return [...code.matchAll(/^\s*(?:console\.log|print)\(.*\);? *(?:\/\/|#) (.*)$/gm)].map(([, comment = '']) =>
    // what follows a comma explains it; a string is printed without its quotes
    (comment.split(', ')[0] ?? '').replace(/^'(.*)'$/, '$1'),
  );
}
