import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { executedPages, fileNameOf, needsServer, runsElsewhere, runsInCopy } from '../support/snippets/page.ts';
import { makeProject, type Project } from '../support/snippets/project.ts';
import { folderOf, printedBy, promisedBy, runPage } from '../support/snippets/run-page.ts';

/** Languages of blocks that are run. `text` marks what cannot be run here. */
const LANGUAGES = new Set(['ts', 'cjs', 'sh', 'diff', 'text']);
const PAGE_TIMEOUT_MS = 120_000;

const pages = await executedPages();

describe('the snippets of the documentation', () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject();
  });

  afterAll(() => project.remove());

  it.each(pages)('$page has only snippets that are run, or marked as text', ({ blocks }) => {
    const others = blocks.filter(
      (block) => !LANGUAGES.has(block.language) && !runsElsewhere(block) && fileNameOf(block) === undefined,
    );
    expect(others.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([]);
  });

  it.each(pages)(
    '$page has snippets that run and print what they say',
    async ({ page, blocks }) => {
      const embedded = blocks.filter((block) => !needsServer(block) && !runsInCopy(block) && !runsElsewhere(block));
      const runs = await runPage(project, folderOf(page), embedded);
      expect(printedBy(runs)).toEqual(promisedBy(runs));
    },
    PAGE_TIMEOUT_MS,
  );
});
