import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { onEveryServer } from '../support/on-every-server.ts';
import {
  clientPrograms,
  type OwnServer,
  type ServerDialect,
  startServer,
  startServerTimeoutMs,
} from '../support/servers/index.ts';
import { type Block, executedPages, needsServer } from '../support/snippets/page.ts';
import { makeProject, type Project } from '../support/snippets/project.ts';
import { folderOf, printedBy, promisedBy, runPage } from '../support/snippets/run-page.ts';

const PAGE_TIMEOUT_MS = 120_000;

const pages = (await executedPages()).filter(({ blocks }) => blocks.some(needsServer));
/** A block for servers may name the one kind that it is for. */
const isFor = ({ words }: Block, dialect: ServerDialect) => !words.includes(dialect === 'mysql' ? 'mariadb' : 'mysql');

onEveryServer('the snippets of the documentation for a', (dialect) => {
  let project: Project;
  let server: OwnServer;
  let programs: string;

  beforeAll(async () => {
    project = await makeProject();
    programs = await clientPrograms(dialect);
    server = await startServer(dialect);
    await project.write('.my.cnf', clientOptions(server.port));
  }, 2 * startServerTimeoutMs);

  afterAll(async () => {
    await server.stop();
    await project.remove();
  });

  it.each(pages)(
    '$page has snippets that run on a server',
    async ({ page, blocks }) => {
      await emptyDatabase(server.url);
      const used = blocks.filter((block) => needsServer(block) && isFor(block, dialect));
      const options = { env: { DATABASE_URL: `${server.url}/market` }, programs: [programs] };
      const runs = await runPage(project, folderOf(page), used, options);
      expect(printedBy(runs)).toEqual(promisedBy(runs));
    },
    PAGE_TIMEOUT_MS,
  );
});

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
