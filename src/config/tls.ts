import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Issue } from '../errors/issue.ts';
import { defined } from './defined.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { Values } from './option.ts';
import type { BEHAVIOUR, DatabaseOptions, TlsOptions } from './options.ts';
import { readPem } from './pem.ts';
import type { Target } from './target.ts';

/** How connections are encrypted, once that is resolved. */
export type TlsSettings = Omit<Values<typeof BEHAVIOUR>['tls'], 'enabled'>;

type TlsChoice = DatabaseOptions['tls'];

/** Combines two choices, of which the second takes precedence. */
export function mergeTls(first: TlsChoice, second: TlsChoice): TlsOptions {
  return { ...objectOf(first), ...objectOf(second) };
}

function objectOf(choice: TlsChoice): Partial<TlsOptions> {
  return typeof choice === 'object' ? defined(choice) : defined({ enabled: choice });
}

/** Resolves whether and how connections are encrypted; `undefined` if they are not. */
export function resolveTls(options: TlsOptions, target: Target, issues: Issue[]): TlsSettings | undefined {
  const { ca, cert, key, passphrase, verify = true, serverName } = options;
  // a choice of how to encrypt turns encryption on
  const given = [ca, cert, key, passphrase, options.verify, serverName].some((part) => part !== undefined);
  const enabled = options.enabled ?? (given || 'remote');
  if (target.kind === 'file' || enabled === false || (enabled === 'remote' && isLocal(target))) {
    return undefined;
  }
  const settings = { ca, cert, key, passphrase, verify, serverName };
  issues.push(...faultsOf(settings));
  return Object.freeze(hideSecrets(settings));
}

/** Whether the traffic stays on this machine. */
function isLocal({ host, socketPath }: Extract<Target, { kind: 'server' }>): boolean {
  return (
    socketPath !== undefined || /^(localhost|127\.\d+\.\d+\.\d+|::1|(0+:){7}0*1|::ffff:127\.\d+\.\d+\.\d+)$/i.test(host)
  );
}

function faultsOf({ ca, cert, key, passphrase }: TlsSettings): Issue[] {
  const issues: Issue[] = [];
  const check = <T>(path: string, expected: string, look: () => T): T | undefined => {
    try {
      return look();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // never the given value, which may be the key itself
      const unread = typeof code === 'string' && /^E[A-Z]+$/.test(code) ? `a file that cannot be read (${code})` : '';
      issues.push({ path: `tls.${path}`, expected, received: unread === '' ? 'something else' : unread });
      return undefined;
    }
  };
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'cert' : 'key';
    issues.push({ path: `tls.${missing}`, expected: 'both tls.cert and tls.key, or neither', received: 'nothing' });
  }
  const certificate = (pem: string | undefined) => pem && new X509Certificate(readPem(pem));
  check('ca', 'certificates in PEM form, or the path of a file of them', () => certificate(ca));
  const own = check('cert', 'a certificate in PEM form, or the path of its file', () => certificate(cert));
  const keyForm = 'a private key in PEM form, or the path of its file, with its passphrase in tls.passphrase';
  const privateKey = check(
    'key',
    keyForm,
    () => key && createPrivateKey({ key: readPem(key), ...defined({ passphrase }) }),
  );
  if (own && privateKey && !own.checkPrivateKey(privateKey)) {
    const expected = 'the private key of the certificate in tls.cert';
    issues.push({ path: 'tls.key', expected, received: 'something else' });
  }
  return issues;
}
