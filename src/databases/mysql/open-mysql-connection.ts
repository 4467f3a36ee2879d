import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import type { TlsSettings } from '../../config/tls.ts';
import { CLIENT_CODES } from '../../errors/error-codes.ts';
import type { PhysicalConnection } from '../physical-connection.ts';
import { tlsSkipped } from './driver-check.ts';
import { MySqlConnection } from './mysql-connection.ts';
import { compresses, holdEncoding } from './mysql2.ts';
import { type ServerSession, withServerName } from './server-session.ts';
import { type Encryption, encrypt } from './tls.ts';

/** An idle connection is probed by TCP after this time; the system's own default is two hours. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** Whether the driver was checked, once in a process. */
let driverChecked = false;

/** Opens a connection to MySQL or MariaDB and sets its session. */
export async function openMySqlConnection(
  options: ConnectionOptions & { readonly connectTimeout: number },
  queryTimeoutMs: number,
  session: ServerSession,
): Promise<PhysicalConnection> {
  let connection: MySqlConnection | undefined;
  try {
    const raw = await connectToServer(options, session.tls);
    holdEncoding(raw);
    connection = new MySqlConnection(raw, queryTimeoutMs, options.database, session);
    if (options.compress === true && !compresses(raw)) {
      throw Object.assign(new Error('the server does not compress by zlib'), { code: 'COMPRESSION_NOT_SUPPORTED' });
    }
    if (!driverChecked) {
      await connection.checkDriver(options.connectTimeout);
      driverChecked = true;
    }
    await connection.setUp(options.connectTimeout);
    return connection;
  } catch (error) {
    await connection?.close();
    // nothing with an effect was sent yet
    throw Object.assign(withServerName(error as Error, session), { connecting: true });
  }
}

/** Connects, with TLS if settings for it are given. */
export async function connectToServer(options: ConnectionOptions, tls: TlsSettings | undefined): Promise<Connection> {
  const raw = createConnection({
    ...options,
    ...(tls === undefined ? {} : { ssl: {} }),
    charset: 'utf8mb4',
    timezone: 'Z',
    // decimals and dates stay text. Large integers need no option: no column holds any, and the driver's option
    // would also turn those inside a bot's config into text
    dateStrings: true,
    // then the affected rows distinguish an insert (1), a change (2) and no change (0), also for a single row
    flags: [...(options.flags ?? []), '-FOUND_ROWS'],
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
  });
  await new Promise<void>((resolve, reject) => {
    let encryption: Encryption | undefined;
    const failed = (error: Error & { code?: string }): void => {
      raw.destroy();
      const code = encryption?.code();
      // the driver's own code only says that TLS failed
      reject(code !== undefined && Object.hasOwn(CLIENT_CODES, code) ? Object.assign(error, { code }) : error);
    };
    raw.once('error', failed);
    raw.connect((error) => {
      raw.off('error', failed);
      if (error) {
        failed(error);
      } else if (encryption?.begun() === false) {
        failed(tlsSkipped());
      } else {
        resolve();
      }
    });
    if (tls !== undefined) {
      try {
        encryption = encrypt(raw, tls, options.host ?? 'localhost');
      } catch (error) {
        failed(error as Error);
      }
    }
  });
  return raw;
}
