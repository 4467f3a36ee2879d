import { isIP } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext } from 'node:tls';
import type { Connection } from 'mysql2';
import { defined } from '../../config/defined.ts';
import { readPem } from '../../config/pem.ts';
import type { TlsSettings } from '../../config/tls.ts';
import { replaceTls } from './mysql2.ts';

/** How encrypting a connection went. */
export interface Encryption {
  /** Whether it was begun: the driver may not ask for it. */
  begun(): boolean;
  /** By which code it failed: the driver puts one of its own in its place. */
  code(): string | undefined;
}

/**
 * Has a connection encrypt as the settings say, once the server has greeted. The driver's own way checks the
 * certificate's names against "localhost" where the host is an address, and knows no other name than the host's.
 *
 * @throws Error when a file cannot be read any more
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
    // not the error itself: what cannot be read as a key may be a part of one
    throw Object.assign(new Error(`the files for TLS cannot be used (${code ?? 'not in PEM form'})`), {
      code: 'TLS_FILES_UNUSABLE',
    });
  }
}
