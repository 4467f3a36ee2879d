import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Issue } from '../errors/issue.ts';
import type { TlsOptions } from './tls-options.ts';

/** What an option file says that matters here. */
export interface OptionFile {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly socketPath?: string;
  readonly charset?: string;
  readonly compress?: boolean;
  readonly tls: TlsOptions;
}

/** The group that is read beside `[client]`, unless another is named. */
export const DEFAULT_OPTION_GROUP = 'tradestore';

const DEEPEST_INCLUDE = 10;
const SSL_MODES: Readonly<Record<string, TlsOptions>> = {
  DISABLED: { enabled: false },
  REQUIRED: { enabled: true, verify: false },
  VERIFY_CA: { enabled: true, verify: 'ca' },
  VERIFY_IDENTITY: { enabled: true, verify: true },
};
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', s: ' ' };

type Values = { -readonly [K in keyof Omit<OptionFile, 'tls'>]: OptionFile[K] } & {
  tls: { -readonly [K in keyof TlsOptions]: TlsOptions[K] };
};

/** A fault at one line. The line itself is not shown: it may hold the password. */
class Fault extends Error {
  readonly expected: string;
  readonly where: string;

  constructor(expected: string, where: string) {
    super(expected);
    this.expected = expected;
    this.where = where;
  }
}

/**
 * Reads an option file of MySQL or MariaDB (`my.cnf`): the group `[client]`, then the named one, the later line
 * before the earlier. Of `[client]`, which all programs share, what does not matter here is passed over.
 * Source: MySQL "Using Option Files", and `my_default.cc` for quotes, escapes and comments.
 */
export function readOptionFile(path: string, group: string, name: string, issues: Issue[]): OptionFile | undefined {
  try {
    const lines = linesOf(path, 1);
    const values: Values = { tls: {} };
    for (const wanted of ['client', group]) {
      for (const line of lines.filter((candidate) => candidate.group === wanted)) {
        apply(values, line, wanted !== 'client');
      }
    }
    return values;
  } catch (error) {
    if (error instanceof Fault) {
      issues.push({ path: name, expected: error.expected, received: `another thing at ${error.where}` });
    } else {
      const { code } = error as NodeJS.ErrnoException;
      issues.push({ path: name, expected: 'a file that can be read', received: code ?? 'another thing' });
    }
    return undefined;
  }
}

interface Line {
  readonly group: string;
  readonly key: string;
  readonly value: string | undefined;
  readonly where: string;
}

function linesOf(path: string, depth: number): Line[] {
  // whoever may change it decides where the password is sent
  if (process.platform !== 'win32' && (statSync(path).mode & 0o002) !== 0) {
    throw new Fault('a file that not everybody may write to', path);
  }
  const lines: Line[] = [];
  let group: string | undefined;
  for (const [index, raw] of readFileSync(path, 'utf8').split(/\r?\n/).entries()) {
    const text = raw.trim();
    const where = `${path}:${index + 1}`;
    const include = /^!(includedir|include)\s+(.+)$/.exec(text);
    if (text === '' || text.startsWith('#') || text.startsWith(';')) {
      continue;
    }
    if (include !== null) {
      if (depth === DEEPEST_INCLUDE) {
        throw new Fault(`at most ${DEEPEST_INCLUDE} files that include each other`, where);
      }
      const included = resolve(dirname(path), include[2] as string);
      const files = include[1] === 'include' ? [included] : configurationsIn(included);
      lines.push(...files.flatMap((file) => linesOf(file, depth + 1)));
    } else if (text.startsWith('[') || text.startsWith('!')) {
      group = /^\[([^\]]+)\]\s*(#.*)?$/.exec(text)?.[1]?.trim();
      if (group === undefined) {
        throw new Fault('[a group], !include or !includedir', where);
      }
    } else if (group === undefined) {
      throw new Fault('a [group] above the first option', where);
    } else {
      lines.push({ group, ...optionOf(text, where), where });
    }
  }
  return lines;
}

function configurationsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.cnf'))
    .sort()
    .map((file) => join(folder, file));
}

function optionOf(text: string, where: string): { key: string; value: string | undefined } {
  const plain = withoutComment(text);
  const equals = plain.indexOf('=');
  const key = (equals < 0 ? plain : plain.slice(0, equals)).trim().toLowerCase().replaceAll('_', '-');
  if (!/^[a-z0-9-]+$/.test(key)) {
    throw new Fault('option=value', where);
  }
  return {
    key: key.replace(/^loose-/, ''),
    value: equals < 0 ? undefined : valueOfText(plain.slice(equals + 1).trim()),
  };
}

/** A # begins a comment wherever it is not inside quotes. */
function withoutComment(text: string): string {
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] as string;
    if (quote === '' && letter === '#') {
      return text.slice(0, at).trimEnd();
    }
    if (quote !== '' && letter === '\\') {
      at += 1;
    } else if (letter === quote) {
      quote = '';
    } else if (quote === '' && (letter === '"' || letter === "'")) {
      quote = letter;
    }
  }
  return text;
}

function valueOfText(text: string): string {
  const inner = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  return inner.replace(/\\([ntrbs"'\\])/g, (_all, letter: string) => ESCAPES[letter] ?? letter);
}

function apply(values: Values, { key, value, where }: Line, own: boolean): void {
  const needed = (): string => {
    if (value === undefined || value === '') {
      throw new Fault(`a value for ${key}`, where);
    }
    return value;
  };
  const path = (): string => resolve(dirname(where.replace(/:\d+$/, '')), needed());
  switch (key) {
    case 'host':
    case 'user':
    case 'database':
    case 'password':
      values[key] = needed();
      break;
    case 'socket':
      values.socketPath = path();
      break;
    case 'port':
      values.port = portOf(needed(), where);
      break;
    case 'default-character-set':
      values.charset = needed();
      break;
    case 'compress':
      values.compress = switchOf(key, value, where);
      break;
    case 'ssl-ca':
      values.tls.ca = path();
      break;
    case 'ssl-cert':
      values.tls.cert = path();
      break;
    case 'ssl-key':
      values.tls.key = path();
      break;
    case 'ssl-passphrase':
      values.tls.passphrase = needed();
      break;
    case 'ssl-mode':
      Object.assign(values.tls, sslModeOf(needed(), where));
      break;
    case 'ssl':
      values.tls.enabled = switchOf(key, value, where);
      break;
    case 'skip-ssl':
      values.tls.enabled = false;
      break;
    case 'ssl-verify-server-cert':
      values.tls.verify = switchOf(key, value, where);
      break;
    case 'skip-ssl-verify-server-cert':
    case 'disable-ssl-verify-server-cert':
      values.tls.verify = false;
      break;
    default:
      if (own) {
        throw new Fault(`an option that is known here, not ${key}`, where);
      }
  }
}

function portOf(text: string, where: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    throw new Fault('a port from 1 to 65535', where);
  }
  return port;
}

function switchOf(key: string, value: string | undefined, where: string): boolean {
  if (value === undefined || /^(1|on|true)$/i.test(value)) {
    return true;
  }
  if (/^(0|off|false)$/i.test(value)) {
    return false;
  }
  throw new Fault(`${key} to be 1 or 0`, where);
}

function sslModeOf(text: string, where: string): TlsOptions {
  const mode = SSL_MODES[text.toUpperCase()];
  if (mode === undefined) {
    throw new Fault(`ssl-mode to be one of ${Object.keys(SSL_MODES).join(', ')}`, where);
  }
  return mode;
}
