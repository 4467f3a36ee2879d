import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { typedCommand } from '../../src/cli/typed-command.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { VARIABLES } from '../../src/config/with-environment.ts';
import {
  type ConfigurationError,
  DatabaseOperations,
  type DatabaseOptions,
  getDatabaseOperations,
  isConfigurationError,
  withEnvironment,
} from '../../src/index.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';
import { makeAuthority } from '../support/certificates.ts';

const FILES_OF_TLS = ['DB_TLS_CA', 'DB_TLS_CERT', 'DB_TLS_KEY', 'DB_TLS_PASSPHRASE'];

/** Options with another variable, or with none. */
const ELSEWHERE = ['DATABASE_URL', 'DB_SOCKET', 'DB_OPTION_FILE', 'DB_OPTION_GROUP', ...FILES_OF_TLS];
const SERVER = { DB_HOST: 'db', DB_NAME: 'market', DB_USER: 'root' };

function faultOf(code: () => unknown): ConfigurationError {
  try {
    code();
  } catch (error) {
    if (isConfigurationError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error('expected a fault');
}
const FILES = makeAuthority('settings');
const pathsOf = (code: () => unknown): string[] =>
  faultOf(code)
    .issues.map(({ path }) => path)
    .sort();
const settings = (options: DatabaseOptions = {}) => resolveSettings('test', options);
const fromEnvironment = (environment: Record<string, string>, options?: DatabaseOptions) =>
  settings(withEnvironment(environment, options));

describe('settings', () => {
  it('have defaults for everything', () => {
    expect(settings()).toMatchObject({
      target: { kind: 'file', path: './tradestore.db' },
      logQueries: false,
      defaultExchange: 'okx',
      autoMigrate: true,
      connectTimeoutMs: 10_000,
      connectRetries: 3,
      queryTimeoutMs: 0,
      silenceCheckMs: 5_000,
      migrationLockTimeoutMs: 60_000,
      statsBudgetMs: 250,
      shutdownTimeoutMs: 30_000,
      bulkLoad: true,
    });
    expect(settings({ url: 'mysql://u@h/n' })).toMatchObject({
      autoMigrate: false,
      pool: { min: 0, max: 10 },
      tls: { verify: true, ca: undefined, serverName: undefined },
      charset: 'utf8mb4',
      sqlMode: [],
      initStatements: [],
      compress: false,
      statementTimeoutMs: 0,
    });
  });

  it('are frozen, all of them', () => {
    const { target, pool, retry } = settings();
    for (const object of [settings(), target, pool, retry, retry.contention, retry.outage]) {
      expect(Object.isFrozen(object)).toBe(true);
    }
  });

  it('give one file one connection', () => {
    expect(settings({ pool: { min: 2, max: 8 } }).pool).toMatchObject({ min: 1, max: 1 });
  });

  it('let a pool always be as large as it may become', () => {
    const pool = { min: 3, max: 3 };
    expect(settings({ url: 'mysql://u@h/n', pool }).pool).toMatchObject(pool);
    expect(fromEnvironment({ ...SERVER, DB_POOL_MIN: '3', DB_POOL_MAX: '3' }).pool).toMatchObject(pool);
  });

  it('take an encoding in letters of either size, and refuse it so for the same reason', () => {
    expect(settings({ url: 'mysql://u@h/n', charset: 'UTF8MB4_BIN' }).charset).toBe('utf8mb4_bin');
    expect(settings({ url: 'mysql://u@h/n', charset: 'Utf8MB4' }).charset).toBe('utf8mb4');
    expect(faultOf(() => settings({ url: 'mysql://u@h/n', charset: 'UTF8' })).message).toMatch(/four bytes/);
  });

  it('complete a part of a budget or a pool', () => {
    const { pool, retry } = settings({ url: 'mysql://u@h/n', pool: { max: 3 }, retry: { outage: { attempts: 1 } } });
    expect(pool).toEqual({
      min: 0,
      max: 3,
      acquireTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      recycleMs: 3_600_000,
      preConnectCheck: true,
    });
    expect(retry.outage).toEqual({
      attempts: 1,
      baseDelayMs: 100,
      maxDelayMs: 5_000,
      maxElapsedMs: 120_000,
    });
    // short and often for contention, long and seldom for an outage
    expect(retry.contention).toEqual({ attempts: 20, baseDelayMs: 5, maxDelayMs: 500, maxElapsedMs: 30_000 });
  });

  it('name every faulty option at once', () => {
    const options = {
      port: 0,
      pool: { max: 0, size: 1 },
      connectRetries: -1,
      retry: { outage: { attempts: 0 } },
      speed: 1,
    };
    expect(pathsOf(() => settings(options as DatabaseOptions))).toEqual([
      'connectRetries',
      'pool.max',
      'pool.size',
      'port',
      'retry.outage.attempts',
      'speed',
    ]);
  });

  it.each<[what: string, options: unknown, path: string]>([
    ['a pool whose least is more than its most', { url: 'mysql://u@h/n', pool: { min: 5, max: 2 } }, 'pool.min'],
    ['a logger that cannot warn', { logger: { debug() {}, info() {}, error() {} } }, 'logger.warn'],
    ['a time below nought', { queryTimeoutMs: -1 }, 'queryTimeoutMs'],
    ['a time that a timer cannot wait', { connectTimeoutMs: 2 ** 31 }, 'connectTimeoutMs'],
    ['a signal that is none', { retry: { signal: {} } }, 'retry.signal'],
    ['a listener that is none', { retry: { onRetry: 'log' } }, 'retry.onRetry'],
    ['no budget for counting', { statsBudgetMs: 0 }, 'statsBudgetMs'],
    ['an empty exchange', { defaultExchange: '' }, 'defaultExchange'],
    ['an exchange that is too long', { defaultExchange: 'x'.repeat(33) }, 'defaultExchange'],
    ['an exchange that no input may name: a blank after it', { defaultExchange: 'okx ' }, 'defaultExchange'],
    ['an exchange that no input may name: half a letter', { defaultExchange: '\ud800' }, 'defaultExchange'],
    ['a text for a truth', { autoMigrate: 'yes' }, 'autoMigrate'],
    ['null', null, ''],
    ['an encoding that loses letters', { url: 'mysql://u@h/n', charset: 'latin1' }, 'charset'],
    ['a collation that is more than a name', { url: 'mysql://u@h/n', charset: 'utf8mb4_bin; drop' }, 'charset'],
    ['a mode that would store other values', { url: 'mysql://u@h/n', sqlMode: ['ALLOW_INVALID_DATES'] }, 'sqlMode.0'],
    ['a mode that changes quoting', { url: 'mysql://u@h/n', sqlMode: ['no_backslash_escapes'] }, 'sqlMode.0'],
    ['modes that are more than names', { url: 'mysql://u@h/n', sqlMode: ["'; drop"] }, 'sqlMode.0'],
    ['compression that the driver cannot', { url: 'mysql://u@h/n', compress: 'zstd' }, 'compress'],
    ['another word about encryption', { url: 'mysql://u@h/n', tls: 'preferred' }, 'tls'],
    ['a certificate without its key', { url: 'mysql://u@h/n', tls: { cert: FILES.cert } }, 'tls.key'],
    [
      'a key of another certificate',
      { url: 'mysql://u@h/n', tls: { cert: FILES.cert, key: makeAuthority('b').key } },
      'tls.key',
    ],
    [
      'a locked key without its passphrase',
      { url: 'mysql://u@h/n', tls: { cert: FILES.cert, key: FILES.lockedKey('x') } },
      'tls.key',
    ],
    ['a file of authorities that is not there', { url: 'mysql://u@h/n', tls: { ca: '/none/ca.pem' } }, 'tls.ca'],
    ['a file of authorities that holds none', { url: 'mysql://u@h/n', tls: { ca: 'package.json' } }, 'tls.ca'],
    ['encryption of an embedded file', { url: 'sqlite:a.db', tls: true }, 'tls'],
    ['an encoding of an embedded file', { url: 'sqlite:a.db', charset: 'utf8mb4_bin' }, 'charset'],
    ['modes of an embedded file', { sqlMode: ['TRADITIONAL'] }, 'sqlMode'],
    ['statements for an embedded file', { initStatements: ['select 1'] }, 'initStatements'],
    ['compression of an embedded file', { compress: true }, 'compress'],
    ['a time limit that an embedded file cannot keep', { statementTimeoutMs: 1 }, 'statementTimeoutMs'],
    ['a url beside a host', { url: 'mysql://u@h/n', host: 'h' }, 'url'],
    ['a host without a name of the database', { host: 'h', user: 'u' }, 'database'],
  ])('refuse %s', (_what, options, path) => {
    expect(pathsOf(() => settings(options as DatabaseOptions))).toContain(path);
  });

  it('look for a server on this machine where no host is named', () => {
    expect(settings({ database: 'd', user: 'u' }).target).toMatchObject({ host: 'localhost', port: 3306 });
  });

  it('take the longest exchange that an input may name', () => {
    expect(settings({ defaultExchange: '🚀'.repeat(32) }).defaultExchange).toHaveLength(64);
  });
});

describe('the target', () => {
  it.each<[url: string, target: object]>([
    ['mysql://u:p@h:3307/n', { kind: 'server', host: 'h', port: 3307, database: 'n', user: 'u', password: 'p' }],
    ['mariadb://u@h/n', { kind: 'server', port: 3306, password: undefined }],
    ['mysql://u:p@h/n?charset=utf8mb4', { kind: 'server', host: 'h', database: 'n' }],
    ['mysql://u:p@h/n?charset=UTF8MB4', { kind: 'server', host: 'h', database: 'n' }],
    ['mysql://u%40x:p%2Fq%3F@h/n%20m', { user: 'u@x', password: 'p/q?', database: 'n m' }],
    ['mysql://u:p@[::1]:3306/n', { host: '::1' }],
    ['sqlite:./a b.db', { kind: 'file', path: './a b.db' }],
    ['sqlite:///var/a.db', { kind: 'file', path: '/var/a.db' }],
    ['sqlite::memory:', { kind: 'file', path: ':memory:' }],
  ])('of %s', (url, target) => {
    expect(settings({ url }).target).toMatchObject(target);
  });

  it.each([
    'sqlite:',
    'mysql:',
    'mysql://h',
    'mysql://h/n',
    'mysql://u@h',
    'postgres://u@h/n',
    'h:3306',
    'mysql://u:%zz@h/n',
    'mysql://u:p@h/n?ssl=1',
    'mysql://u:p@h/n?charset=latin1',
    'mysql://u:p@h/n?charset=utf8mb4&ssl=1',
    'mysql://u:p@h/n#x',
  ])('is not to be had from %s', (url) => {
    expect(pathsOf(() => settings({ url }))).toEqual(['url']);
    expect(pathsOf(() => fromEnvironment({ DATABASE_URL: url }))).toEqual(['DATABASE_URL']);
  });

  it('may be a socket', () => {
    const target = settings({ socketPath: '/s', database: 'd', user: 'u' }).target;
    expect(target).toMatchObject({ kind: 'server', socketPath: '/s' });
  });

  it('never shows a password, whatever is wrong', () => {
    const letters = 'aZ09!$&()*+,;=:@%-._~^|/?#[] \\"\''.split('');
    const password = fc.string({ unit: fc.constantFrom(...letters), maxLength: 20 }).map((rest) => `S3CR${rest}T1P`);
    const wrong = fc.constantFrom<(secret: string) => Record<string, string>>(
      (secret) => ({ DATABASE_URL: `mysql://u:${secret}@` }),
      (secret) => ({ DATABASE_URL: `mysql://u:${secret}@h` }),
      (secret) => ({ DATABASE_URL: `postgres://u:${secret}@h/n` }),
      (secret) => ({ DATABASE_URL: `mysql://u:${secret}@h/n?x=1` }),
      (secret) => ({ DATABASE_URL: `u:${secret}@h/n` }),
      (secret) => ({ DATABASE_URL: `mysql://u:${secret}@h/n`, DB_PORT: 'x' }),
      (secret) => ({ DATABASE_URL: `mysql://u:${secret}@h/n`, DB_PASSWORD: secret }),
      (secret) => ({ DB_HOST: 'h', DB_PASSWORD: secret }),
      (secret) => ({ ...SERVER, DB_PASSWORD: secret, DB_POOL_MAX: 'x' }),
    );
    fc.assert(
      fc.property(password, wrong, (secret, environmentOf) => {
        const said: string[] = [];
        for (const code of [
          () => fromEnvironment(environmentOf(secret)),
          () => settings({ url: environmentOf(secret)['DATABASE_URL'] ?? 'x', password: secret }),
          () => settings({ password: secret, port: secret as never }),
        ]) {
          try {
            code();
          } catch (error) {
            said.push(String(error), JSON.stringify(error), String((error as Error).stack));
          }
        }
        expect(said.length).toBeGreaterThan(0);
        expect(said.join('\n')).not.toMatch(/S3CR|T1P/);
      }),
      THOUSAND_RUNS,
    );
  });
});

describe('a URL with a password', () => {
  it.each([
    'mysql://u:S3CR T1P@h/n',
    'mysql://u:S3CR\tT1P@h/n',
    'mysql://u:S3CR\u00a0T1P@h/n',
    'mysql://u@x:S3CRT1P@h/n',
    'MariaDB://u:S3CR@T1P@h/n',
    'mysql:u:S3CR@h/n',
  ])('does not show it: %j', (url) => {
    const options = withEnvironment({}, { url });
    expect(inspect(options, { depth: null, showHidden: true }) + JSON.stringify(options)).not.toMatch(/S3CR|T1P/);
    expect(options.url).toBe(url);
    expect(JSON.stringify(typedCommand('health', { database: url }))).not.toMatch(/S3CR|T1P/);
  });
});

describe('encryption', () => {
  const tlsOf = (url: string, tls?: DatabaseOptions['tls']) => settings({ url, tls }).tls;

  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.10', '[::1]', '[0:0:0:0:0:0:0:1]'])(
    'is off by default for %s, which is this machine',
    (host) => {
      expect(tlsOf(`mysql://u@${host}/n`)).toBeUndefined();
      expect(tlsOf(`mysql://u@${host}/n`, 'remote')).toBeUndefined();
      // a setting of how it is done switches it on
      expect(tlsOf(`mysql://u@${host}/n`, { verify: false })).toMatchObject({ verify: false });
      expect(tlsOf(`mysql://u@${host}/n`, { enabled: 'remote', verify: false })).toBeUndefined();
      expect(tlsOf(`mysql://u@${host}/n`, true)).toMatchObject({ verify: true });
    },
  );

  it.each([
    'db',
    'db.example',
    '10.0.0.1',
    '128.0.0.1',
    '127.0.0.1.example',
    'localhost.example',
    '[fe80::1]',
    '[::2]',
  ])('is on by default for %s, with the certificate checked', (host) => {
    expect(tlsOf(`mysql://u@${host}/n`)).toMatchObject({ verify: true });
    expect(tlsOf(`mysql://u@${host}/n`, false)).toBeUndefined();
  });

  it('is off by default for a socket, and on for who names an authority or a certificate', () => {
    const socket = { socketPath: '/s', database: 'd', user: 'u' };
    expect(settings(socket).tls).toBeUndefined();
    expect(settings({ ...socket, tls: { ca: FILES.cert } }).tls).toMatchObject({ ca: FILES.cert });
    expect(settings({ ...socket, tls: { cert: FILES.cert, key: FILES.key } }).tls).toMatchObject({ verify: true });
  });

  it('follows the variables', () => {
    const tls = (environment: Record<string, string>) => fromEnvironment({ ...SERVER, ...environment }).tls;
    expect(tls({})).toMatchObject({ verify: true });
    expect(tls({ DB_TLS: 'off' })).toBeUndefined();
    expect(tls({ DB_TLS_VERIFY: 'no' })).toMatchObject({ verify: false });
    expect(tls({ DB_HOST: 'localhost' })).toBeUndefined();
    expect(tls({ DB_HOST: 'localhost', DB_TLS_VERIFY: 'true' })).toMatchObject({ verify: true });
    expect(tls({ DB_HOST: 'localhost', DB_TLS: 'remote', DB_TLS_VERIFY: 'true' })).toBeUndefined();
    const files = {
      DB_TLS_CA: FILES.cert,
      DB_TLS_CERT: FILES.cert,
      DB_TLS_KEY: FILES.lockedKey('x'),
      DB_TLS_PASSPHRASE: 'x',
    };
    expect(tls({ DB_HOST: 'localhost', ...files })).toMatchObject({ ca: FILES.cert, passphrase: 'x' });
    expect(tls({ ...files, DB_TLS: 'false' })).toBeUndefined();
  });

  it('says what is wrong with a key without showing it', () => {
    const secret = '-----BEGIN PRIVATE KEY-----\nS3CR\n-----END PRIVATE KEY-----';
    const fault = faultOf(() =>
      settings({ url: 'mysql://u@h/n', tls: { cert: FILES.cert, key: secret, passphrase: 'T1P' } }),
    );
    expect(fault.issues).toMatchObject([{ path: 'tls.key', expected: expect.stringContaining('PEM') }]);
    expect(inspect(fault, { depth: null, showHidden: true })).not.toMatch(/S3CR|T1P/);
  });
});

describe('what only a server has', () => {
  it.each(['DB_TLS=true', 'DB_COMPRESS=true', 'DB_SQL_MODE=TRADITIONAL', 'DB_STATEMENT_TIMEOUT_MS=1'])(
    'is refused by the name of its variable for an embedded file that the variables name: %s',
    (line) => {
      const [variable = '', value = ''] = line.split('=');
      expect(pathsOf(() => fromEnvironment({ [variable]: value })).join()).toContain(variable);
      // a variable that many programs share does not keep one of them from a file of its own
      expect(fromEnvironment({ [variable]: value }, { url: 'sqlite:a.db' }).target).toMatchObject({ path: 'a.db' });
    },
  );

  it('says why an encoding or a mode is refused', () => {
    const fault = faultOf(() =>
      settings({ url: 'mysql://u@h/n', charset: 'utf8', sqlMode: ['ANSI_QUOTES'], compress: 'zstd' as never }),
    );
    expect(fault.message).toMatch(/charset: .*four bytes/);
    expect(fault.message).toMatch(/sqlMode\.0: .*ANSI_QUOTES.*quoting/);
    expect(fault.message).toMatch(/compress: .*mysql2.*zstd/);
  });
});

describe('the environment', () => {
  it('gives every setting that has a variable', () => {
    const environment: Record<string, string> = {
      ...SERVER,
      DB_PORT: '3307',
      DB_PASSWORD: ' p ',
      DB_POOL_MIN: '1',
      DB_POOL_MAX: '7',
      DB_ACQUIRE_TIMEOUT_MS: '11',
      DB_IDLE_TIMEOUT_MS: '12',
      DB_POOL_RECYCLE_MS: '17',
      DB_PRE_CONNECT_CHECK: 'off',
      DB_CONNECT_TIMEOUT_MS: '13',
      DB_CONNECT_RETRIES: '0',
      DB_QUERY_TIMEOUT_MS: '14',
      DB_MIGRATION_LOCK_TIMEOUT_MS: '15',
      STATS_BUDGET_MS: '16',
      DB_STATEMENT_TIMEOUT_MS: '18',
      DB_TLS: 'True',
      DB_TLS_VERIFY: 'ca',
      DB_TLS_SERVER_NAME: 'db.example',
      DB_CHARSET: 'utf8mb4_bin',
      DB_SQL_MODE: 'only_full_group_by, TRADITIONAL',
      DB_INIT_STATEMENTS: 'set @a = 1; set @b = 2;',
      DB_COMPRESS: 'zlib',
      DB_SHUTDOWN_TIMEOUT_MS: '18',
      DB_SILENCE_CHECK_MS: '19',
      DB_RETRY_CONTENTION_ATTEMPTS: '20',
      DB_RETRY_CONTENTION_BASE_DELAY_MS: '21',
      DB_RETRY_CONTENTION_MAX_DELAY_MS: '22',
      DB_RETRY_CONTENTION_MAX_ELAPSED_MS: '23',
      DB_RETRY_OUTAGE_ATTEMPTS: '24',
      DB_RETRY_OUTAGE_BASE_DELAY_MS: '25',
      DB_RETRY_OUTAGE_MAX_DELAY_MS: '26',
      DB_RETRY_OUTAGE_MAX_ELAPSED_MS: '27',
      DB_BULK_LOAD: 'no',
      AUTO_MIGRATE: 'Yes',
      DEFAULT_EXCHANGE: 'binance',
      DEBUG: 'true',
    };
    expect(fromEnvironment(environment)).toMatchObject({
      target: { kind: 'server', host: 'db', port: 3307, database: 'market', user: 'root', password: ' p ' },
      pool: { min: 1, max: 7, acquireTimeoutMs: 11, idleTimeoutMs: 12, recycleMs: 17, preConnectCheck: false },
      connectTimeoutMs: 13,
      connectRetries: 0,
      queryTimeoutMs: 14,
      migrationLockTimeoutMs: 15,
      statsBudgetMs: 16,
      statementTimeoutMs: 18,
      tls: { verify: 'ca', serverName: 'db.example' },
      charset: 'utf8mb4_bin',
      sqlMode: ['ONLY_FULL_GROUP_BY', 'TRADITIONAL'],
      initStatements: ['set @a = 1', 'set @b = 2'],
      compress: true,
      shutdownTimeoutMs: 18,
      silenceCheckMs: 19,
      retry: {
        contention: { attempts: 20, baseDelayMs: 21, maxDelayMs: 22, maxElapsedMs: 23 },
        outage: { attempts: 24, baseDelayMs: 25, maxDelayMs: 26, maxElapsedMs: 27 },
      },
      bulkLoad: false,
      autoMigrate: true,
      defaultExchange: 'binance',
      logQueries: true,
    });
    expect([...Object.keys(environment), ...ELSEWHERE].sort()).toEqual([...VARIABLES.keys()].sort());
  });

  it('names every faulty variable at once, by its name, with what came', () => {
    const environment = {
      DB_PORT: '70000',
      DB_POOL_MAX: '0',
      AUTO_MIGRATE: 'maybe',
      STATS_BUDGET_MS: '1e3',
      DB_HOST: 'h',
    };
    const fault = faultOf(() => withEnvironment(environment));
    expect(fault.issues.map(({ path }) => path).sort()).toEqual([
      'AUTO_MIGRATE',
      'DB_NAME',
      'DB_POOL_MAX',
      'DB_PORT',
      'DB_USER',
      'STATS_BUDGET_MS',
    ]);
    for (const { path } of fault.issues) {
      expect(fault.message).toContain(path);
    }
    expect(fault.message).toContain('"maybe"');
  });

  it.each<[what: string, environment: Record<string, string>, variable: string]>([
    ['an exchange that is too long', { DEFAULT_EXCHANGE: 'x'.repeat(33) }, 'DEFAULT_EXCHANGE'],
    ['a pool whose least is more than its most', { ...SERVER, DB_POOL_MIN: '5', DB_POOL_MAX: '2' }, 'DB_POOL_MIN'],
    ['a url beside a host', { DATABASE_URL: 'sqlite:a', DB_HOST: 'h' }, 'DATABASE_URL'],
    ['a fraction', { DB_CONNECT_RETRIES: '1.5' }, 'DB_CONNECT_RETRIES'],
    ['a sign', { DB_POOL_MAX: '+5' }, 'DB_POOL_MAX'],
    ['blanks', { DB_POOL_MAX: ' ' }, 'DB_POOL_MAX'],
  ])('is reported by the name of the variable for %s', (_what, environment, variable) => {
    expect(pathsOf(() => fromEnvironment(environment))).toContain(variable);
  });

  it('counts an empty variable as not set', () => {
    const empty = Object.fromEntries([...VARIABLES.keys()].map((variable) => [variable, '']));
    expect(fromEnvironment(empty)).toEqual(settings());
  });

  it.each(['express:*', '0', 'false', ''])('leaves DEBUG=%s to others', (DEBUG) => {
    expect(fromEnvironment({ DEBUG }).logQueries).toBe(false);
  });

  it('gives way to an option', () => {
    const options = { defaultExchange: 'kraken', pool: { max: 3 } };
    const resolved = fromEnvironment(
      { ...SERVER, DEFAULT_EXCHANGE: 'binance', DB_POOL_MAX: '7', DB_POOL_MIN: '1' },
      options,
    );
    expect(resolved).toMatchObject({ defaultExchange: 'kraken', pool: { min: 1, max: 3 } });
    expect(fromEnvironment({ DEFAULT_EXCHANGE: 'binance' }, { defaultExchange: undefined }).defaultExchange).toBe(
      'binance',
    );
  });

  it('ignores the variables that locate the database once an option does', () => {
    const resolved = fromEnvironment({ ...SERVER, DB_PASSWORD: 'p' }, { url: 'sqlite:a.db' });
    expect(resolved.target).toEqual({ kind: 'file', path: 'a.db' });
  });
});

describe('an object that throws when it is read', () => {
  const throwing = <T extends object>(target: T): T => {
    const thrown = () => {
      throw new TypeError('S3CR');
    };
    return new Proxy(target, { get: thrown, ownKeys: thrown, has: thrown, getPrototypeOf: thrown });
  };
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const getter = Object.defineProperty({}, 'host', {
    enumerable: true,
    get: () => {
      throw new TypeError('S3CR');
    },
  });

  it.each<[what: string, make: () => object]>([
    ['a proxy whose traps throw', () => throwing({})],
    ['a revoked proxy', revoked],
    ['a getter that throws', () => getter],
    ['a group that is such a proxy', () => ({ pool: throwing({}) })],
    ['a group that is a revoked proxy', () => ({ retry: { outage: revoked() } })],
    ['encryption that is a revoked proxy', () => ({ tls: revoked() })],
  ])('as options is a fault of the options: %s', async (_what, make) => {
    for (const code of [
      () => settings(make()),
      () => withEnvironment({}, make()),
      () => new DatabaseOperations(make()),
      () => getDatabaseOperations(make()),
    ]) {
      expect(faultOf(code).message).toMatch(/options cannot be used: input: expected an object of options that can be/);
      expect(inspect(faultOf(code), { depth: null, showHidden: true })).not.toContain('S3CR');
    }
  });

  it.each<[what: string, make: () => object]>([
    ['a proxy whose traps throw', () => throwing({})],
    ['a revoked proxy', revoked],
    ['a variable that throws', () => Object.defineProperty({}, 'DB_HOST', { get: () => throwing({}).toString() })],
  ])('as environment is a fault of the variables: %s', (_what, make) => {
    const fault = faultOf(() => withEnvironment(make() as Record<string, string>));
    expect(fault.message).toMatch(/variables cannot be used: input: expected an object of variables that can be/);
    expect(inspect(fault, { depth: null, showHidden: true })).not.toContain('S3CR');
  });

  it('is no fault where it is a logger, whose failures stay its own', () => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const late = new Proxy(logger, {});
    expect(() => settings({ logger: late }).logger.info({}, 'x')).not.toThrow();
  });
});

it('does not read a value that is no text from the environment', () => {
  const environment = { ...SERVER, DB_PORT: 3306, DB_USER: null, DB_COMPRESS: true };
  expect(pathsOf(() => withEnvironment(environment as never))).toEqual([
    'DB_COMPRESS',
    'DB_PORT',
    'DB_USER',
    'DB_USER',
  ]);
});
