import { fileURLToPath } from 'node:url';

/** Who takes part, and as what. */
export interface Contestant {
  readonly name: string;
  readonly file: string;
  readonly language: 'node' | 'python';
  /** A ceiling shows what the server and the network allow; it is not a way to store trading data. */
  readonly role: 'ours' | 'peer' | 'ceiling';
  /** The package whose version is reported. */
  readonly packages: readonly string[];
  /** Writes a part of the rows only, so that a run ends on the same day; its rate is what is compared. */
  readonly slow?: boolean;
}

const node = (
  name: string,
  file: string,
  packages: readonly string[],
  role: Contestant['role'] = 'peer',
): Contestant => ({
  name,
  file: fileURLToPath(new URL(`contenders/${file}.ts`, import.meta.url)),
  language: 'node',
  role,
  packages,
});

const python = (name: string, file: string, packages: readonly string[]): Contestant => ({
  name,
  file: fileURLToPath(new URL(`python/${file}.py`, import.meta.url)),
  language: 'python',
  role: 'peer',
  packages,
});

/** The library in its default configuration; every target is decided on it. */
export const OURS = 'tradestore';
export const WRITE_CEILING = 'LOAD DATA LOCAL';
export const READ_CEILING = 'undecoded rows';

export const CONTESTANTS: readonly Contestant[] = [
  node(OURS, 'tradestore', [], 'ours'),
  node('tradestore (one connection)', 'tradestore-one-connection', [], 'ours'),
  node('tradestore (pool of 2)', 'tradestore-pool-of-two', [], 'ours'),
  node(WRITE_CEILING, 'load-data', ['mysql2'], 'ceiling'),
  node(READ_CEILING, 'undecoded-rows', ['mysql2'], 'ceiling'),
  node('mysql2', 'mysql2', ['mysql2']),
  node('mariadb connector', 'mariadb-connector', ['mariadb']),
  node('kysely', 'kysely', ['kysely', 'mysql2']),
  node('knex', 'knex', ['knex', 'mysql2']),
  node('drizzle', 'drizzle', ['drizzle-orm', 'mysql2']),
  node('typeorm', 'typeorm', ['typeorm', 'mysql2']),
  node('sequelize', 'sequelize', ['sequelize', 'mysql2']),
  node('mikro-orm', 'mikro-orm', ['@mikro-orm/core', 'mysql2']),
  { ...node('prisma', 'prisma', ['@prisma/client', '@prisma/adapter-mariadb']), slow: true },
  python('aiomysql', 'aiomysql_contender', ['aiomysql', 'PyMySQL']),
  python('sqlalchemy', 'sqlalchemy_contender', ['SQLAlchemy', 'aiomysql']),
];
