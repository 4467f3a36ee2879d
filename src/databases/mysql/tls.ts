import { isIP } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext } from 'node:tls';
import type { Connection } from 'mysql2';
import { defined } from '../../config/defined.ts';
import { readPem } from '../../config/pem.ts';
import type { TlsSettings } from '../../config/tls.ts';
import { replaceTls } from './mysql2.ts';

/** The state of a connection's TLS handshake. */
export interface Encryption {
  /** Whether it was started: the driver might not request it. */
  begun(): boolean;
  /** The error code of the handshake, which the driver replaces by its own. */
  code(): string | undefined;
}

/**
 * Makes a connection use TLS with these settings after the server's greeting. The driver itself would verify the
 * certificate for "localhost" if the host is an IP address, and for no other name than the host's.
 *
 * @throws Error if a file cannot be read any more
 */
export function encrypt(raw: Connection, settings: TlsSettings, host: string): Encryption {
  const secureContext = contextOf(settings);
  const name = settings.serverName ?? host;
  let code: string | undefined;
  const begun = replaceTls(
    raw,
    (socket, established) =>
      connect(
        {
          socket,
          secureContext,
          rejectUnauthorized: settings.verify !== false,
          checkServerIdentity: (host, certificate) =>
            settings.verify === true ? checkServerIdentity(host, certificate) : undefined,
          host: name,
          ...(isIP(name) === 0 ? { servername: name } : {}),
        },
        established,
      ),
    (error: NodeJS.ErrnoException) => {
      code = error.code;
    },
  );
  return { begun, code: () => code };
}

function contextOf({ ca, cert, key, passphrase }: TlsSettings): SecureContext {
  try {
    const read = (source: string | undefined): string | undefined => (source === undefined ? source : readPem(source));
    return createSecureContext(defined({ ca: read(ca), cert: read(cert), key: read(key), passphrase }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // without the error itself: its text may contain a part of a key
    throw Object.assign(new Error(`the files for TLS cannot be used (${code ?? 'not in PEM form'})`), {
      code: 'TLS_FILES_UNUSABLE',
    });
  }
}
