import { type Database, databases, isServerDialect, type ServerDialect, serverDialects } from './database.ts';
import { PlainError } from './plain-error.ts';
import { type ProviderName, providerNames } from './server-provider.ts';

export interface TestSettings {
  databases: Database[];
  /** Servers without which the run may go on. */
  optional: ServerDialect[];
  forcedProvider: ProviderName | undefined;
  urls: Partial<Record<ServerDialect, GivenUrl>>;
  images: Record<ServerDialect, string>;
  reportFile: string | undefined;
  /** Whether the globals of the servers that are started are set against code that relies on them. */
  hostile: boolean;
}

export interface GivenUrl {
  variable: string;
  url: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readTestSettings(environment: Environment): TestSettings {
  const urls = givenUrls(environment);
  return {
    databases: list(environment, 'TEST_DATABASES', databases) ?? defaultDatabases(environment, urls),
    optional: list(environment, 'TEST_DATABASES_OPTIONAL', serverDialects) ?? [],
    forcedProvider: list(environment, 'TEST_SERVERS_FROM', providerNames)?.[0],
    urls,
    images: {
      mysql: environment.TEST_MYSQL_IMAGE || 'mysql:8.4',
      mariadb: environment.TEST_MARIADB_IMAGE || 'mariadb:11',
    },
    reportFile: environment.TEST_SERVERS_REPORT || undefined,
    hostile: environment.TEST_SERVERS_HOSTILE === 'true',
  };
}

// If one server is named, only that one is used, and no second one is fetched.
function defaultDatabases(environment: Environment, urls: TestSettings['urls']): Database[] {
  if (!environment.TEST_DATABASE_URL) return [...databases];
  return databases.filter((database) => !isServerDialect(database) || urls[database]);
}

function givenUrls(environment: Environment): TestSettings['urls'] {
  const urls: TestSettings['urls'] = {};
  const general = environment.TEST_DATABASE_URL;
  if (general) {
    const dialect = serverDialects.find((name) => general.startsWith(`${name}://`));
    if (!dialect) throw new PlainError('TEST_DATABASE_URL must begin with mysql:// or mariadb://');
    urls[dialect] = { variable: 'TEST_DATABASE_URL', url: general };
  }
  for (const dialect of serverDialects) {
    const variable = `TEST_${dialect.toUpperCase()}_URL`;
    const url = environment[variable];
    if (!url) continue;
    if (!url.startsWith(`${dialect}://`)) throw new PlainError(`${variable} must begin with ${dialect}://`);
    if (urls[dialect])
      throw new PlainError(`${variable} and TEST_DATABASE_URL both name a ${dialect} server: give one`);
    urls[dialect] = { variable, url };
  }
  return urls;
}

function list<Name extends string>(
  environment: Environment,
  variable: string,
  allowed: readonly Name[],
): Name[] | undefined {
  const names = (environment[variable] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const known = allowed.filter((name) => names.includes(name));
  const unknown = names.filter((name) => !known.some((one) => one === name));
  if (unknown.length > 0) {
    throw new PlainError(`${variable} knows ${allowed.join(', ')}, but not ${unknown.join(', ')}`);
  }
  return known.length > 0 ? known : undefined;
}
