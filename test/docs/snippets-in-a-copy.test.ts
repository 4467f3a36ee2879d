import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { testDatabases, testServers } from '../support/servers/index.ts';
import { executedPages, runsInCopy } from '../support/snippets/page.ts';
import { makeProject, type Project } from '../support/snippets/project.ts';
import { folderOf, runPage } from '../support/snippets/run-page.ts';

const PAGE_TIMEOUT_MS = 240_000;

/** Has the tests of a copy use the servers of this run. */
const TEST_SERVERS = {
  TEST_DATABASES: testDatabases().join(','),
  ...Object.fromEntries(testServers().map(({ dialect, url }) => [`TEST_${dialect.toUpperCase()}_URL`, url])),
};

const pages = (await executedPages()).filter(({ blocks }) => blocks.some(runsInCopy));

describe('the snippets of the documentation for a copy of the repository', () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject();
  });

  afterAll(() => project.remove());

  it.each(pages)(
    '$page has steps that work',
    async ({ page, blocks }) => {
      const folder = `${folderOf(page)}-copy`;
      await project.copyRepository(folder);
      await runPage(project, folder, blocks.filter(runsInCopy), { env: TEST_SERVERS });
    },
    PAGE_TIMEOUT_MS,
  );
});
