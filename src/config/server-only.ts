import { CHARSET } from './charset.ts';
import type { DatabaseOptions } from './options.ts';

/** What is expected where a setting speaks of a server and there is none. */
export const NEEDS_SERVER = 'a server (DATABASE_URL, url or host): the embedded file has no such thing';

type ServerOnly = Pick<
  DatabaseOptions,
  'tls' | 'charset' | 'sqlMode' | 'initStatements' | 'compress' | 'statementTimeoutMs'
>;

/** The settings that ask for something only a server has, with what they say. */
export function serverOnly(options: ServerOnly): { readonly key: keyof ServerOnly; readonly received: string }[] {
  const {
    tls,
    charset = CHARSET,
    sqlMode = [],
    initStatements = [],
    compress = false,
    statementTimeoutMs = 0,
  } = options;
  const asksForTls = typeof tls === 'object' ? tls.enabled === true || tls.ca !== undefined : tls === true;
  const asked: Record<keyof ServerOnly, string | false> = {
    tls: asksForTls && 'TLS',
    charset: charset !== CHARSET && JSON.stringify(charset),
    sqlMode: sqlMode.length > 0 && sqlMode.join(', '),
    initStatements: initStatements.length > 0 && `${initStatements.length} statements`,
    compress: compress !== false && 'compression',
    statementTimeoutMs: statementTimeoutMs > 0 && `${statementTimeoutMs}`,
  };
  return Object.entries(asked).flatMap(([key, received]) =>
    received === false ? [] : [{ key: key as keyof ServerOnly, received }],
  );
}
