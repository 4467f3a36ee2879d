import { isDeepStrictEqual } from 'node:util';
import type { Issue } from '../errors/issue.ts';
import { getAt, type Leaf, leavesOf } from './option.ts';
import { type OptionFile, readOptionFile } from './option-file.ts';
import { type DatabaseOptions, OPTIONS, TARGET } from './options.ts';

export interface ServerTarget {
  readonly kind: 'server';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly socketPath: string | undefined;
}

/** An SQLite file, or `:memory:`. */
export interface FileTarget {
  readonly kind: 'file';
  readonly path: string;
}

/** Where the database is. */
export type Target = ServerTarget | FileTarget;

/** What a target is made of, from options or from the environment. */
export type TargetParts = Pick<DatabaseOptions, keyof typeof TARGET>;

export const TARGET_KEYS = ['url', 'host', 'port', 'database', 'user', 'password', 'socketPath', 'optionFile'] as const;

const FORMS = 'mysql://user:password@host:3306/name, mariadb://… or sqlite:./file.db';

/** The content of the option file, if one is given. */
export function optionFileOf(
  { optionFile, optionGroup = TARGET.optionGroup.default }: TargetParts,
  nameOf: (key: keyof TargetParts) => string,
  issues: Issue[],
): OptionFile | undefined {
  return optionFile === undefined ? undefined : readOptionFile(optionFile, optionGroup, nameOf('optionFile'), issues);
}

/** Resolves the target. Faults are reported under the names that the caller uses. */
export function resolveTarget(
  parts: TargetParts,
  nameOf: (key: keyof TargetParts) => string,
  issues: Issue[],
  file: OptionFile | undefined = optionFileOf(parts, nameOf, issues),
): Target | undefined {
  const others = TARGET_KEYS.filter((key) => key !== 'url' && key !== 'optionFile' && parts[key] !== undefined);
  if (parts.url !== undefined && others.length > 0) {
    const expected = `to stand alone, or ${others.map(nameOf).join(', ')} without it`;
    issues.push({ path: nameOf('url'), expected, received: 'both' });
    return undefined;
  }
  if (parts.url !== undefined || (others.length === 0 && parts.optionFile === undefined)) {
    const target = targetFromUrl(parts.url ?? TARGET.url.default, nameOf('url'), issues);
    if (target?.kind === 'file' && parts.optionFile !== undefined) {
      const expected = 'a server: the embedded file has no use for it';
      issues.push({ path: nameOf('optionFile'), expected, received: 'both' });
    }
    return target?.kind === 'server' ? { ...target, password: target.password ?? file?.password } : target;
  }
  if (parts.optionFile !== undefined && file === undefined) {
    // the file could not be read, so it is not known what is missing
    return undefined;
  }
  return targetFromParts(withFile(parts, file), nameOf, issues);
}

/** Options override the file; an address (host, port and socket) is overridden as a whole. */
function withFile(parts: TargetParts, file: OptionFile | undefined): TargetParts {
  if (file === undefined) {
    return parts;
  }
  const { host, port, socketPath } = parts.host === undefined && parts.socketPath === undefined ? file : parts;
  return {
    // by default, clients of the server connect to their own machine
    host: host ?? (socketPath === undefined ? 'localhost' : undefined),
    port: parts.port ?? port,
    socketPath,
    database: parts.database ?? file.database,
    user: parts.user ?? file.user,
    password: parts.password ?? file.password,
  };
}

function targetFromParts(
  parts: TargetParts,
  nameOf: (key: keyof TargetParts) => string,
  issues: Issue[],
): Target | undefined {
  for (const key of ['database', 'user'] as const) {
    if (parts[key] === undefined) {
      issues.push({ path: nameOf(key), expected: 'a name, since a server is configured', received: 'nothing' });
    }
  }
  return {
    kind: 'server',
    host: parts.host ?? 'localhost',
    port: parts.port ?? TARGET.port.default,
    database: parts.database ?? '',
    user: parts.user ?? '',
    password: parts.password,
    socketPath: parts.socketPath,
  };
}

function targetFromUrl(text: string, name: string, issues: Issue[]): Target | undefined {
  // the URL is never shown, since it may hold the password
  const fault = (expected: string, received: string): undefined => {
    issues.push({ path: name, expected, received });
  };
  if (text.startsWith('sqlite:')) {
    return fileTarget(text.slice('sqlite:'.length), fault);
  }
  if (!URL.canParse(text)) {
    return fault(FORMS, 'something that is not a URL');
  }
  const url = new URL(text);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    return fault(FORMS, `the scheme ${url.protocol}`);
  }
  // accepted, since other libraries require it: the only character set there is
  if (!/^(?:\?charset=utf8mb4)?$/i.test(url.search) || url.hash !== '') {
    const expected = 'no parameters in the URL but ?charset=utf8mb4 (each has an option of its own)';
    return fault(expected, url.search === '' ? '#…' : '?…');
  }
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  const password = decode(url.password);
  if (database === undefined || user === undefined || password === undefined) {
    return fault('percent-encoded text', 'a stray %');
  }
  if (url.port === '0') {
    return fault('a port from 1 to 65535', '0');
  }
  if (database === '' || user === '' || url.hostname === '') {
    return fault(FORMS, 'a URL without user, host or database name');
  }
  return {
    kind: 'server',
    // a URL has IPv6 addresses in brackets, which sockets do not accept
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? TARGET.port.default : Number(url.port),
    database,
    user,
    password: password === '' ? undefined : password,
    socketPath: undefined,
  };
}

function fileTarget(path: string, fault: (expected: string, received: string) => undefined): Target | undefined {
  // two slashes would start a host, three start an absolute path
  const plain = path.replace(/^\/\/(?=\/)/, '');
  if (plain.startsWith('//')) {
    return fault('sqlite:./relative.db or sqlite:/absolute.db', 'two slashes, which start a host');
  }
  if (plain === '' || (plain.startsWith(':') && plain !== ':memory:')) {
    return fault('a path after sqlite:, or sqlite::memory:', plain === '' ? 'none' : 'another word with a colon');
  }
  if (/[?#]/.test(plain)) {
    return fault('no parameters in the URL (each has an option of its own)', plain.includes('?') ? '?…' : '#…');
  }
  return { kind: 'file', path: plain };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A fault for each option that asks for what only a server has. The embedded file has none of it. */
export function faultsOfEmbedded(given: object, nameOf: (leaf: Leaf) => string): Issue[] {
  return leavesOf(OPTIONS).flatMap((leaf) => {
    const { path, option } = leaf;
    const value = getAt(given, path);
    const asks = value !== undefined && value !== false && !isDeepStrictEqual(value, option.default);
    const expected = 'a server (DATABASE_URL, url or host): the embedded file does not support it';
    const received = option.secret ? 'something else' : JSON.stringify(value);
    return option.serverOnly && asks ? [{ path: nameOf(leaf), expected, received }] : [];
  });
}
