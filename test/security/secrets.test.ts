import { randomBytes } from 'node:crypto';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DatabaseOperations,
  type DatabaseOptions,
  type Logger,
  spoolStatus,
  withEnvironment,
} from '../../src/index.ts';
import { allThatItSays } from '../support/all-that-it-says.ts';
import { makeAuthority } from '../support/certificates.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';

const PASSWORD = 'S3CR pa$$/w@rd:\'"\\`# T1P';
const PASSPHRASE = 'S3CR-passphrase-T1P';
const MARKS = /S3CR|T1P/;

const authority = makeAuthority('secrets');
const client = authority.issue('client', ['client']);
const KEY = client.key.split('\n')[1] as string;

/** Fails where a password, a key or a passphrase is in a text; says what is around it. */
function expectNoSecret(text: string): void {
  const at = text.search(MARKS);
  expect(at < 0 ? '' : text.slice(Math.max(0, at - 100), at + 50)).toBe('');
  expect(text.includes(KEY)).toBe(false);
}

/** Whether the walk finds what there is to be found: else these tests would prove nothing. */
describe('looking at all that an object says', () => {
  it('finds a password wherever it is', () => {
    class Holder {
      readonly #hidden = PASSWORD;
      get shown(): object {
        return { deep: [{ secret: this.#hidden }] };
      }
    }
    const hidden = Object.defineProperty({}, 'password', { value: PASSWORD });
    const cause = new Error('outer', { cause: new Error('inner', { cause: { config: { password: PASSWORD } } }) });
    for (const value of [new Holder(), hidden, cause, new Map([['a', { b: PASSWORD }]]), { [Symbol(PASSWORD)]: 1 }]) {
      expect(allThatItSays(value)).toMatch(MARKS);
    }
  });
});

onEveryServer('the password of a', (dialect) => {
  const user = `teller_${randomBytes(4).toString('hex')}`;
  let database: FreshDatabase;
  let logged: string[] = [];
  const opened: DatabaseOperations[] = [];

  const heard = (message: unknown): void => {
    logged.push(allThatItSays(message));
  };
  const tracing = ['operation', 'attempt', 'statement', 'acquire', 'open', 'batch', 'spool'].map((name) =>
    tracingChannel(`tradestore:${name}`),
  );
  const handlers = { start: heard, end: heard, asyncStart: heard, asyncEnd: heard, error: heard };

  const log = (details: object, message: string): void => {
    logged.push(message, JSON.stringify(details), allThatItSays(details));
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log };

  beforeAll(async () => {
    for (const channel of tracing) {
      channel.subscribe(handlers);
    }
    subscribe('tradestore:close', heard);
    database = await freshDatabase(dialect);
    const name = new URL(database.url).pathname.slice(1);
    await database.sql(`create user '${user}'@'%' identified by '${PASSWORD.replace(/['\\]/g, '\\$&')}'`);
    await database.sql(`grant all on \`${name}\`.* to '${user}'@'%'`);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((db) => db.close({ force: true })));
    logged = [];
  });
  afterAll(async () => {
    for (const channel of tracing) {
      channel.unsubscribe(handlers);
    }
    unsubscribe('tradestore:close', heard);
    await database.sql(`drop user '${user}'@'%'`);
    await database.remove();
  });

  function optionsOf(changes: DatabaseOptions = {}): DatabaseOptions {
    const { hostname, port, pathname } = new URL(database.url);
    const target = { host: hostname, port: Number(port), database: pathname.slice(1), user, password: PASSWORD };
    return { ...target, logger, logQueries: true, connectRetries: 1, connectTimeoutMs: 2_000, ...changes };
  }
  const urlOf = (changes: Partial<URL> = {}): string => {
    const url = new URL(database.url);
    url.username = user;
    url.password = encodeURIComponent(PASSWORD);
    return Object.assign(url, changes).href;
  };

  function instance(options: DatabaseOptions): DatabaseOperations {
    const db = new DatabaseOperations(options);
    opened.push(db);
    return db;
  }

  it.each(['its parts', 'a URL'])('that was given by %s is in nothing that a live instance says', async (how) => {
    const db = instance(how === 'a URL' ? { url: urlOf(), logger, logQueries: true } : optionsOf());
    expectNoSecret(allThatItSays(db));
    await db.migrations.up();
    await db.marketData.upsertCandles(Array.from({ length: 3_000 }, (_, minute) => candle(minute)));
    const { id } = await db.bots.add(bot({ name: how }));
    const directory = await mkdtemp(join(tmpdir(), 'tradestore-secret-'));
    const writer = db.marketData.candleWriter({ spool: { directory } });
    writer.write(candle(4_000));
    const stream = db.marketData.streamCandles({ ...SERIES, ...ALWAYS });
    await stream[Symbol.asyncIterator]().next();
    const snapshot = db.rawTrades.streamRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', ...ALWAYS });
    const said: unknown[] = [
      db,
      db.sql,
      db.pool,
      writer,
      stream,
      snapshot,
      await db.health(),
      await db.getStats(),
      db.migrations,
    ];
    await db.transaction(async (tx) => {
      said.push(tx, tx.marketData, tx.bots);
      await tx.bots.update(id, { currentBalance: '1' });
    });
    for (const value of said) {
      expectNoSecret(allThatItSays(value));
      expectNoSecret(inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }));
    }
    await db.close();
    expectNoSecret(allThatItSays(db));
    expect(logged.length).toBeGreaterThan(5);
    expectNoSecret(logged.join('\n'));
    await rm(directory, { recursive: true });
  });

  it('is nowhere in a spool, nor in what is reported of one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tradestore-secret-'));
    const { host } = new URL(urlOf({ port: '1' }));
    for (const options of [
      { url: urlOf({ port: '1' }), connectRetries: 0, retry: { outage: { attempts: 1 } }, logger },
      optionsOf({ port: 1, retry: { outage: { attempts: 1 } } }),
    ]) {
      const db = instance(options);
      const writer = db.marketData.candleWriter({ spool: { directory } });
      writer.on('spool', (event) => logged.push(allThatItSays(event)));
      writer.write(candle(1));
      await writer.flush();
      expect(writer.stats().spooled).toBe(1);
      logged.push(allThatItSays([writer, writer.stats(), await db.health(), await spoolStatus(directory)]));
      logged.push(allThatItSays(await db.close()));
    }
    for (const file of await readdir(directory)) {
      logged.push(await readFile(join(directory, file), 'latin1'));
    }
    expect(logged.join('\n')).toContain(host);
    expectNoSecret(logged.join('\n'));
    await rm(directory, { recursive: true });
  });

  it('is in no failure, nor in what is logged of one', async () => {
    const failures: unknown[] = [];
    const fails = async (
      options: DatabaseOptions,
      work = (db: DatabaseOperations): Promise<unknown> => db.connect(),
    ) => {
      const db = instance(options);
      failures.push(await failureOf(work(db)), db, await db.health());
    };
    await fails(optionsOf({ password: `${PASSWORD} T1P` }));
    await fails(optionsOf({ database: 'nowhere' }));
    await fails(optionsOf({ port: 1 }));
    await fails(optionsOf({ host: 'nowhere.invalid', tls: false }));
    await fails({ url: urlOf({ port: '1' }), connectRetries: 0, logger });
    await fails({ url: urlOf({ pathname: '/nowhere' }), logger });
    await fails(optionsOf({ initStatements: ['selec'] }));
    const files = { ca: authority.cert, cert: client.cert, key: client.lockedKey(PASSPHRASE), passphrase: PASSPHRASE };
    await fails(optionsOf({ tls: { ...files, serverName: 'elsewhere' } }));
    await fails(optionsOf({ tls: { ...files, cert: client.cert, key: client.key } }));
    await fails(optionsOf({ pool: { max: 1, acquireTimeoutMs: 50 } }), (db) =>
      db.transaction(() => db.marketData.getCandles({ ...SERIES, ...ALWAYS })),
    );
    await fails(optionsOf({ autoMigrate: true }), async (db) => {
      await db.bots.add(bot({ name: 'twice' }));
      await db.bots.add(bot({ name: 'twice' }));
    });
    await fails(optionsOf(), (db) => db.rawTrades.insertMarketDataPoint(point(0, { symbol: '' })));
    await fails(optionsOf(), async (db) => {
      await db.close();
      await db.connect();
    });
    for (const failure of failures) {
      expectNoSecret(allThatItSays(failure));
      expectNoSecret(inspect(failure, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }));
    }
    expect(failures.length).toBeGreaterThan(30);
    expectNoSecret(logged.join('\n'));
  });

  it('is not shown by settings that come from the environment or from an option file, but works', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tradestore-secret-'));
    const path = join(folder, 'my.cnf');
    const { hostname, port, pathname } = new URL(database.url);
    const quoted = `"${PASSWORD.replace(/["\\]/g, '\\$&')}"`;
    await writeFile(path, `[client]\nuser=${user}\npassword=${quoted}\nhost=${hostname}\nport=${port}\n`);
    const part = { DB_HOST: hostname, DB_PORT: port, DB_NAME: pathname.slice(1), DB_USER: user };
    for (const environment of [
      { ...part, DB_PASSWORD: PASSWORD },
      { DATABASE_URL: urlOf() },
      { DB_OPTION_FILE: path, DB_NAME: pathname.slice(1) },
      { ...part, DB_PASSWORD: PASSWORD, DB_TLS_KEY: client.key, DB_TLS_CERT: client.cert, DB_TLS: 'false' },
    ]) {
      const options = withEnvironment(environment, { logger });
      expectNoSecret([inspect(options.tls, { showHidden: true }), JSON.stringify(options.tls)].join());
      expectNoSecret(
        [inspect(options, { depth: null, showHidden: true }), JSON.stringify(options), String(options)].join(),
      );
      const db = instance(options);
      await db.connect();
      expectNoSecret(allThatItSays(db));
    }
    await rm(folder, { recursive: true });
  });
});
