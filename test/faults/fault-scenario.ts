import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { type OwnServer, type ServerDialect, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { noteInLedger } from './ledger.ts';
import { Load, type LoadSize } from './load.ts';

/** A server of the file's own, and a proxy before it. */
export interface Stage {
  readonly dialect: ServerDialect;
  readonly server: OwnServer;
  readonly proxy: FaultProxy;
  /** Sends one statement straight to the server, as root. */
  sql(statement: string): Promise<unknown>;
  /** Makes a migrated database of its own and returns its URL for root, which does not lead through the proxy. */
  database(): Promise<string>;
  /** The URL of a database through the proxy, for an account with no more rights than writing takes. */
  collector(url: string): string;
  /** An instance that is closed after the file's tests, by force if need be. */
  instance(options: DatabaseOptions): DatabaseOperations;
  /** Declares that every acknowledged row is stored once and no caller sees an error, whatever is done meanwhile. */
  holds(fault: string, during: (run: FaultRun) => Promise<void>, options?: FaultOptions): void;
}

/** A run of rows, for whoever makes trouble during it. */
export interface FaultRun {
  readonly db: DatabaseOperations;
  /** Settles when this part of the rows is acknowledged, from 0 to 1. */
  at(part: number): Promise<void>;
  readonly done: boolean;
}

export interface FaultOptions {
  readonly size?: LoadSize | undefined;
  /** What is written, where it is something else. */
  readonly load?: (db: DatabaseOperations) => AnyLoad;
  /** Of the instance; by default its own defaults. */
  readonly options?: DatabaseOptions;
  /** Nothing has to be tried again for it. By default something must be: else the fault was none. @default false */
  readonly quiet?: boolean;
}

/** What is written during a fault. */
export type AnyLoad = Pick<Load, 'account' | 'errors' | 'done' | 'at' | 'run'>;

/** Who writes: see {@link Stage.collector}. */
export const COLLECTOR = "'collector'@'127.0.0.1'";
const PASSWORD = 'collecting';
const ERRORS_SHOWN = 3;

/**
 * Describes what holds under faults of a server, for each kind of server of the run.
 *
 * @example
 * faultScenario('a server that is killed', [], (scenario) => {
 *   scenario.holds('killed once', async ({ at }) => {
 *     await at(0.5);
 *     await scenario.server.restart();
 *   });
 * });
 */
export function faultScenario(name: string, flags: string[], behaviours: (scenario: Stage) => void): void {
  onEveryServer(name, (dialect) => {
    const opened: DatabaseOperations[] = [];
    const scenario = {
      dialect,
      sql: (statement) => sql(scenario.server.url, statement),
      instance: (options) => {
        const db = new DatabaseOperations(options);
        opened.push(db);
        return db;
      },
      database: () => migrated(scenario.server.url),
      collector: (url) => {
        const proxied = new URL(scenario.proxy.through(url));
        proxied.username = 'collector';
        proxied.password = PASSWORD;
        return proxied.href;
      },
      holds: (fault, during, options) => {
        it(`${fault}: every acknowledged row is stored, none twice, and no caller sees an error`, () =>
          hold(scenario, fault, during, options));
      },
    } as { -readonly [K in keyof Stage]: Stage[K] };

    beforeAll(async () => {
      // what was acknowledged must outlive the server that is killed; and files are taken, which MySQL must be told
      const always = ['--innodb-flush-log-at-trx-commit=1', '--local-infile=1'];
      scenario.server = await startServer(dialect, { flags: [...always, ...flags] });
      scenario.proxy = await openFaultProxy(scenario.server.url);
      await createCollector(scenario.server.url);
    }, startServerTimeoutMs);

    afterAll(async () => {
      await Promise.all(opened.map((db) => db.close({ force: true })));
      await scenario.proxy.close();
      await scenario.server.stop();
    });

    behaviours(scenario);
  });
}

/** Makes the account that writes. */
export async function createCollector(serverUrl: string): Promise<void> {
  await sql(serverUrl, `create user ${COLLECTOR} identified by '${PASSWORD}'`);
  await sql(serverUrl, `grant select, insert, update, delete on *.* to ${COLLECTOR}`);
}

async function hold(
  scenario: Stage,
  fault: string,
  during: (run: FaultRun) => Promise<void>,
  { size, options, quiet = false, load: loadOf }: FaultOptions = {},
): Promise<void> {
  const url = await scenario.database();
  let retried = 0;
  const onRetry = (): void => {
    retried += 1;
  };
  const db = scenario.instance({ url: scenario.collector(url), ...options, retry: { onRetry, ...options?.retry } });
  await db.connect();
  const load = loadOf?.(db) ?? new Load(db, size);
  const run: FaultRun = {
    db,
    at: (part) => load.at(part),
    get done() {
      return load.done;
    },
  };
  const start = performance.now();
  await Promise.all([load.run(), during(run)]);
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  scenario.proxy.heal();
  await db.close();
  const { missing, ...balance } = await load.account.balance(url);
  const { acknowledged } = load.account;
  const server = scenario.dialect;
  noteInLedger({ fault, server, acknowledged, ...balance, retried, errors: load.errors.length, seconds });
  expect({
    missing,
    duplicated: balance.duplicated,
    replaced: balance.replaced,
    errors: load.errors.length,
    told: load.errors.slice(0, ERRORS_SHOWN).map(String),
    disturbed: quiet || retried > 0,
  }).toEqual({ missing: [], duplicated: 0, replaced: 0, errors: 0, told: [], disturbed: true });
}

/** Sends one statement to a server, as root. */
export async function sql(url: string, statement: string): Promise<unknown> {
  // the driver takes the scheme for part of the name
  const admin = await createConnection(url.replace(/^mariadb:/, 'mysql:'));
  try {
    return (await admin.query(statement))[0];
  } finally {
    await admin.end();
  }
}

/** Makes a migrated database on a server, and returns its URL. */
export async function migrated(
  serverUrl: string,
  name = `tradestore_${randomBytes(6).toString('hex')}`,
): Promise<string> {
  await sql(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await using db = new DatabaseOperations({ url: url.href });
  await db.migrations.up();
  return url.href;
}
