import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext } from 'node:tls';
import type { Connection } from 'mysql2';
import { defined } from '../../config/defined.ts';
import { readPem } from '../../config/pem.ts';
import type { TlsSettings } from '../../config/tls.ts';

/** The part of the driver's connection that turns it into an encrypted one. */
interface Encryptable {
  stream: Socket;
  readonly packetParser: { execute(data: Buffer): void };
  startTLS(secured: (error?: Error) => void): void;
  _handleNetworkError(error: Error): void;
}

/**
 * Has a connection encrypt as the settings say, once the server has greeted. The driver's own way checks the
 * certificate's names against "localhost" where the host is an address, and knows no other name than the host's.
 *
 * @returns tells by which code the attempt failed: the driver puts one of its own in its place
 * @throws Error when a file cannot be read any more
 */
export function encrypt(raw: Connection, settings: TlsSettings, host: string): () => string | undefined {
  const connection = raw as unknown as Encryptable;
  const secureContext = contextOf(settings);
  const name = settings.serverName ?? host;
  let code: string | undefined;
  connection.startTLS = (secured) => {
    let established = false;
    connection.stream.removeAllListeners('data');
    const secure = connect(
      {
        socket: connection.stream,
        secureContext,
        rejectUnauthorized: settings.verify !== false,
        checkServerIdentity: (host, certificate) =>
          settings.verify === true ? checkServerIdentity(host, certificate) : undefined,
        host: name,
        ...(isIP(name) === 0 ? { servername: name } : {}),
      },
      () => {
        established = true;
        secured();
      },
    );
    secure.on('error', (error: NodeJS.ErrnoException) => {
      if (established) {
        connection._handleNetworkError(error);
      } else {
        code = error.code;
        secured(error);
      }
    });
    secure.on('data', (data: Buffer) => connection.packetParser.execute(data));
    connection.stream = secure;
  };
  return () => code;
}

function contextOf({ ca, cert, key, passphrase }: TlsSettings): SecureContext {
  try {
    const read = (source: string | undefined): string | undefined => (source === undefined ? source : readPem(source));
    return createSecureContext(defined({ ca: read(ca), cert: read(cert), key: read(key), passphrase }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // not the error itself: what cannot be read as a key may be a part of one
    throw Object.assign(new Error(`the files for TLS cannot be used (${code ?? 'not in PEM form'})`), {
      code: 'TLS_FILES_UNUSABLE',
    });
  }
}
