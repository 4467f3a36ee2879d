import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { resolveSettings } from '../../src/config/settings.ts';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { Database } from '../../src/operations/database.ts';

import { type Certificate, makeAuthority } from '../support/certificates.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle } from '../support/samples.ts';
import { type OwnServer, type ServerDialect, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

/** An address of this machine that does not say so. */
const NOT_LOCAL = '0.0.0.0';
const LOCAL = '127.0.0.1';
const PASSPHRASE = 'S3CR-passphrase-T1P';

const authority = makeAuthority('an authority of the tests');
const other = makeAuthority('another authority');

/** How each server reloads the files, and how it is switched to plain connections. */
const RELOAD = { mysql: 'alter instance reload tls', mariadb: 'flush ssl' };
const WITHOUT_TLS: Record<ServerDialect, string[]> = { mysql: ['--tls-version='], mariadb: ['--skip-ssl'] };

onEveryServer('TLS with a', (dialect) => {
  let folder: string;
  let server: OwnServer;
  let database: FreshDatabase;
  const file = (name: string): string => join(folder, name);

  async function place({ cert, key }: Certificate): Promise<void> {
    await writeFile(file('server-cert.pem'), cert);
    await writeFile(file('server-key.pem'), key);
  }

  /** Gives the server another certificate. */
  async function serveWith(certificate: Certificate): Promise<void> {
    await place(certificate);
    await database.sql(RELOAD[dialect]);
  }

  const optionsFor = (host: string, options: DatabaseOptions = {}): DatabaseOptions => {
    const url = new URL(database.url);
    url.hostname = host;
    return { url: url.href, ...options };
  };

  /** The cipher a connection is encrypted by; empty where it is not. */
  async function cipherOf(host: string, tls?: DatabaseOptions['tls'], options: DatabaseOptions = {}): Promise<string> {
    const opened = await Database.open(resolveSettings('test', optionsFor(host, { ...options, tls })));
    try {
      const { rows } = await opened.session().execute("show session status like 'Ssl_cipher'");
      return String(rows[0]?.['Value']);
    } finally {
      await opened.close(false);
    }
  }

  async function refusal(host: string, options: DatabaseOptions = {}) {
    const db = new DatabaseOperations(optionsFor(host, options));
    const failure = await failureOf(db.connect());
    await db.close();
    return failure;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-tls-'));
    await place(authority.issue('server', [LOCAL, NOT_LOCAL, 'db.example']));
    await writeFile(file('ca.pem'), authority.cert);
    server = await startServer(dialect, {
      flags: [
        '--loose-ssl',
        `--ssl-ca=${file('ca.pem')}`,
        `--ssl-cert=${file('server-cert.pem')}`,
        `--ssl-key=${file('server-key.pem')}`,
      ],
    });
    database = await freshOn(server.url, dialect);
  }, startServerTimeoutMs);
  afterAll(async () => {
    await database.remove();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('is on by default for a host that is not local, and refuses a certificate of an unknown authority', async () => {
    const failure = await refusal(NOT_LOCAL);
    expect(failure).toMatchObject({ kind: 'configuration', attempts: 1, retryable: false });
    expect(failure.message).toMatch(/certificate.*tls\.ca \(DB_TLS_CA\).*DB_TLS=false/s);
    expect(await refusal(NOT_LOCAL, { tls: { ca: other.cert } })).toMatchObject({ kind: 'configuration', attempts: 1 });
  });

  it('trusts the authority that is named, by its file or its text', async () => {
    expect(await cipherOf(NOT_LOCAL, { ca: file('ca.pem') })).not.toBe('');
    expect(await cipherOf(LOCAL, { ca: authority.cert })).not.toBe('');
  });

  it('is off by default on this machine, and where it is switched off by name', async () => {
    expect(await cipherOf(LOCAL)).toBe('');
    expect(await cipherOf(LOCAL, 'remote')).toBe('');
    expect(await cipherOf(NOT_LOCAL, false)).toBe('');
    expect(await cipherOf(NOT_LOCAL, { enabled: false, ca: authority.cert })).toBe('');
  });

  it('encrypts without proof of identity where the check is switched off', async () => {
    expect(await cipherOf(NOT_LOCAL, { verify: false })).not.toBe('');
    expect(await cipherOf(LOCAL, { enabled: true, verify: false, ca: other.cert })).not.toBe('');
  });

  it('refuses a certificate for another host, unless the name is given or left out', async () => {
    // "localhost" is what the driver itself looks for where the host is an address
    await serveWith(authority.issue('server', ['localhost', 'db.example']));
    try {
      const failure = await refusal(LOCAL, { tls: { ca: authority.cert } });
      expect(failure).toMatchObject({ kind: 'configuration', code: 'ERR_TLS_CERT_ALTNAME_INVALID', attempts: 1 });
      expect(failure.message).toMatch(/DB_TLS_SERVER_NAME.*DB_TLS_VERIFY=ca/);
      expect(await cipherOf(LOCAL, { ca: authority.cert, serverName: 'db.example' })).not.toBe('');
      expect(await cipherOf(LOCAL, { ca: authority.cert, verify: 'ca' })).not.toBe('');
      expect(await refusal(LOCAL, { tls: { ca: other.cert, verify: 'ca' } })).toMatchObject({ kind: 'configuration' });
    } finally {
      await serveWith(authority.issue('server', [LOCAL, NOT_LOCAL]));
    }
  });

  /** Gives the server a certificate that runs out soon; it takes none that has run out already. */
  async function serveShortLived(): Promise<Date> {
    for (let seconds = 2; ; seconds *= 2) {
      const end = new Date(Date.now() + seconds * 1_000);
      try {
        await serveWith(authority.issue('server', [LOCAL], end));
        return end;
      } catch (error) {
        if (Date.now() < end.getTime() || seconds > 8) {
          throw error;
        }
      }
    }
  }

  it('refuses a certificate that has run out', async () => {
    const soon = await serveShortLived();
    try {
      await sleep(soon.getTime() - Date.now());
      expect(await refusal(LOCAL, { tls: { ca: authority.cert } })).toMatchObject({
        kind: 'configuration',
        code: 'CERT_HAS_EXPIRED',
        message: expect.stringContaining("renew the server's certificate"),
      });
    } finally {
      await serveWith(authority.issue('server', [LOCAL, NOT_LOCAL]));
    }
  });

  it('presents a client certificate with an encrypted key to a server that wants one', async () => {
    const client = authority.issue('client', ['client']);
    await writeFile(file('client-cert.pem'), client.cert);
    await writeFile(file('client-key.pem'), client.lockedKey(PASSPHRASE));
    await database.sql("create user 'certified'@'%' identified by 'S3CR' require x509");
    await database.sql("grant all on *.* to 'certified'@'%'");
    const { hostname, port, pathname } = new URL(database.url);
    const url = `mysql://certified:S3CR@${hostname}:${port}${pathname}`;
    const tls = {
      ca: file('ca.pem'),
      cert: file('client-cert.pem'),
      key: file('client-key.pem'),
      passphrase: PASSPHRASE,
    };
    const db = new DatabaseOperations({ url, tls });
    await db.connect();
    await db.close();
    const without = new DatabaseOperations({ url, tls: { ca: tls.ca } });
    expect(await failureOf(without.connect())).toMatchObject({ kind: 'access-denied' });
    await without.close();
  });

  it.each([false, true])(
    'carries large batches and files like a plain connection (compressed: %s)',
    async (compress) => {
      const statements: string[] = [];
      const nothing = (): void => undefined;
      const logger = {
        debug: (_details: object, statement: string) => void statements.push(statement),
        info: nothing,
        warn: nothing,
        error: nothing,
      };
      await database.sql('set global local_infile = on');
      const options = { tls: { ca: authority.cert }, compress, logger, logQueries: true };
      const db = new DatabaseOperations(optionsFor(NOT_LOCAL, options));
      await db.migrations.up();
      const candles = Array.from({ length: 20_000 }, (_, minute) =>
        candle(minute, { symbol: `compressed ${compress}` }),
      );
      expect(await db.marketData.upsertCandles(candles)).toMatchObject({ inserted: 20_000, rejected: [] });
      expect(await db.marketData.upsertCandles(candles, { forceUpdate: true })).toMatchObject({ unchanged: 20_000 });
      await db.close();
      expect(statements.filter((statement) => statement.startsWith('load data')).length).toBeGreaterThan(0);
    },
  );

  it('says what to do where the server wants it, or has none', async () => {
    await database.sql('set global require_secure_transport = on');
    const plain = await refusal(LOCAL);
    // MariaDB says no more than that access is denied, and the whole of it since 11.8
    const kinds = dialect === 'mariadb' ? ['access-denied', 'configuration'] : ['configuration'];
    expect(plain.attempts).toBe(1);
    expect(kinds).toContain(plain.kind);
    expect(plain.message).toMatch(/wants TLS.*\(DB_TLS/);
    expect(await cipherOf(LOCAL, { ca: authority.cert })).not.toBe('');
    await server.restart({ flags: WITHOUT_TLS[dialect] });
    const failure = await refusal(NOT_LOCAL);
    expect(failure).toMatchObject({ kind: 'configuration', code: 'HANDSHAKE_NO_SSL_SUPPORT', attempts: 1 });
    expect(failure.message).toMatch(/switch TLS off by name with \{ tls: false \} \(DB_TLS=false\)/);
    expect(await cipherOf(NOT_LOCAL, false)).toBe('');
    // the connection behind the library's back is gone
    await database.remove().catch(() => undefined);
    database = await freshOn(server.url, dialect);
  });
});
