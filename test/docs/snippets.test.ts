import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { onEveryServer } from '../support/on-every-server.ts';
import {
  clientPrograms,
  type OwnServer,
  type ServerDialect,
  startServer,
  startServerTimeoutMs,
  testDatabases,
  testServers,
} from '../support/servers/index.ts';
import { type Block, blocksOf, EXECUTED_PAGES, fileNameOf } from '../support/snippets/page.ts';
import { makeProject, type Project } from '../support/snippets/project.ts';
import { folderOf, type Run, runPage } from '../support/snippets/run-page.ts';

/** Languages of blocks that are run. `text` marks what cannot be run here. */
const LANGUAGES = new Set(['ts', 'cjs', 'sh', 'diff', 'text']);
const PAGE_TIMEOUT_MS = 120_000;

const pages = await Promise.all(EXECUTED_PAGES.map(async (page) => ({ page, blocks: await blocksOf(page) })));
const needsServer = ({ words }: Block) => words.includes('server');
/** A block for servers may name the one kind that it is for. */
const isFor = ({ words }: Block, dialect: ServerDialect) => !words.includes(dialect === 'mysql' ? 'mariadb' : 'mysql');
// run by `npm run check:guides`, which has the packages that these blocks import
const runInCopy = ({ words }: Block) => words.includes('copy');
const runElsewhere = ({ words }: Block) => words.includes('bench');

/** Has the tests of a copy use the servers of this run. */
const TEST_SERVERS = {
  TEST_DATABASES: testDatabases().join(','),
  ...Object.fromEntries(testServers().map(({ dialect, url }) => [`TEST_${dialect.toUpperCase()}_URL`, url])),
};

let project: Project;

beforeAll(async () => {
  project = await makeProject();
});

afterAll(() => project.remove());

describe('the snippets of the documentation', () => {
  it.each(pages)('$page has only snippets that are run, or marked as text', ({ blocks }) => {
    const others = blocks.filter(
      (block) => !LANGUAGES.has(block.language) && !runElsewhere(block) && fileNameOf(block) === undefined,
    );
    expect(others.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([]);
  });

  it.each(pages)(
    '$page has snippets that run and print what they say',
    async ({ page, blocks }) => {
      const embedded = blocks.filter((block) => !needsServer(block) && !runInCopy(block) && !runElsewhere(block));
      const runs = await runPage(project, folderOf(page), embedded);
      expect(runs.map(printed)).toEqual(runs.map(promised));
    },
    PAGE_TIMEOUT_MS,
  );

  it.each(pages.filter(({ blocks }) => blocks.some(runInCopy)))(
    '$page has steps that work in a copy of the repository',
    async ({ page, blocks }) => {
      const folder = `${folderOf(page)}-copy`;
      await project.copyRepository(folder);
      await runPage(project, folder, blocks.filter(runInCopy), { env: TEST_SERVERS });
    },
    2 * PAGE_TIMEOUT_MS,
  );
});

onEveryServer('the snippets of the documentation for a', (dialect) => {
  let server: OwnServer;
  let programs: string;

  beforeAll(async () => {
    programs = await clientPrograms(dialect);
    server = await startServer(dialect);
    await project.write('.my.cnf', clientOptions(server.port));
  }, 2 * startServerTimeoutMs);

  afterAll(() => server.stop());

  it.each(pages.filter(({ blocks }) => blocks.some(needsServer)))(
    '$page has snippets that run on a server',
    async ({ page, blocks }) => {
      await emptyDatabase(server.url);
      const used = blocks.filter((block) => needsServer(block) && isFor(block, dialect));
      const options = { env: { DATABASE_URL: `${server.url}/market` }, programs: [programs] };
      const runs = await runPage(project, `${folderOf(page)}-${dialect}`, used, options);
      expect(runs.map(printed)).toEqual(runs.map(promised));
    },
    PAGE_TIMEOUT_MS,
  );
});

const printed = ({ where, printed }: Run) => ({ where, output: printed });
const promised = ({ where, promised }: Run) => ({ where, output: promised });

/** The guides call their database `market`. */
async function emptyDatabase(url: string): Promise<void> {
  const admin = await createConnection(url.replace(/^mariadb:/, 'mysql:'));
  await admin.query('drop database if exists market');
  await admin.query('create database market');
  await admin.end();
}

/** What the clients read in `~/.my.cnf`: newer ones of MariaDB want a certificate that they can check. */
function clientOptions(port: number): string {
  return `[client]\nhost=127.0.0.1\nport=${port}\nuser=root\n[client-mariadb]\nloose-skip-ssl-verify-server-cert\n`;
}
