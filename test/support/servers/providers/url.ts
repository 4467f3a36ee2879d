import { randomBytes } from 'node:crypto';
import { ask } from '../ask.ts';
import { type ServerDialect, titles } from '../database.ts';
import { reasonOf } from '../reason.ts';
import { NothingThere, type ServerProvider } from '../server-provider.ts';
import { serverVersion } from '../server-version.ts';

/** A server that is there already, named by the environment. It is left as it was found. */
export const urlProvider: ServerProvider = async (dialect, settings) => {
  const given = settings.urls[dialect];
  if (!given) throw new NothingThere(`TEST_DATABASE_URL and TEST_${dialect.toUpperCase()}_URL name none`);
  try {
    const url = withoutDatabase(given.url);
    return { url, version: await check(dialect, url), stop: async () => {} };
  } catch (error) {
    throw new Error(`${given.variable}: ${reasonOf(error)}`);
  }
};

async function check(dialect: ServerDialect, url: string): Promise<string> {
  const version = await serverVersion(url);
  if (/mariadb/i.test(version) !== (dialect === 'mariadb')) {
    throw new Error(`the URL says ${titles[dialect]}, but the server calls itself ${version}`);
  }
  await createAndDropDatabase(url);
  return version;
}

// The tests make databases of their own; the named one may not even exist.
function withoutDatabase(given: string): string {
  const url = new URL(given);
  url.pathname = '';
  return url.href;
}

async function createAndDropDatabase(url: string): Promise<void> {
  const name = `tradestore_probe_${randomBytes(4).toString('hex')}`;
  await ask(url, `create database ${name}`);
  await ask(url, `drop database ${name}`);
}
