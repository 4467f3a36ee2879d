import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Issue } from '../errors/issue.ts';
import { leavesOf, readVariable, setAt } from './option.ts';
import { type DatabaseOptions, OPTIONS, type TlsOptions } from './options.ts';

/** The options that an option file gives. */
export interface OptionFile extends Omit<DatabaseOptions, 'tls'> {
  readonly tls?: TlsOptions;
}

/** The option that a line of the file sets. */
const OPTION_OF: Readonly<Record<string, string>> = {
  host: 'host',
  user: 'user',
  database: 'database',
  password: 'password',
  port: 'port',
  socket: 'socketPath',
  'default-character-set': 'charset',
  compress: 'compress',
  ssl: 'tls.enabled',
  'ssl-ca': 'tls.ca',
  'ssl-cert': 'tls.cert',
  'ssl-key': 'tls.key',
  'ssl-passphrase': 'tls.passphrase',
  'ssl-verify-server-cert': 'tls.verify',
};
const PATHS: ReadonlySet<string> = new Set(['socket', 'ssl-ca', 'ssl-cert', 'ssl-key']);
/** Lines that may have no value, which means yes. */
const SWITCHES: ReadonlySet<string> = new Set(['compress', 'ssl', 'ssl-verify-server-cert']);
const LEAVES = new Map(leavesOf(OPTIONS).map(({ path, option }) => [path, option]));
const DEEPEST_INCLUDE = 10;
const SSL_MODES: Readonly<Record<string, TlsOptions>> = {
  DISABLED: { enabled: false },
  REQUIRED: { enabled: true, verify: false },
  VERIFY_CA: { enabled: true, verify: 'ca' },
  VERIFY_IDENTITY: { enabled: true, verify: true },
};
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', s: ' ' };

/** A fault in a line. The line itself is not shown, since it may hold the password. */
class Fault extends Error {
  readonly where: string;

  constructor(expected: string, where: string) {
    super(expected);
    this.where = where;
  }
}

/**
 * Reads an option file of MySQL or MariaDB (`my.cnf`): the group `[client]`, then the given one. Later lines override
 * earlier ones. Unknown lines of `[client]`, which all programs share, are ignored.
 * Source: MySQL "Using Option Files", and `my_default.cc` for quotes, escapes and comments.
 */
export function readOptionFile(path: string, group: string, name: string, issues: Issue[]): OptionFile | undefined {
  try {
    const lines = linesOf(path, 1);
    const values = {};
    for (const wanted of ['client', group]) {
      for (const line of lines.filter((candidate) => candidate.group === wanted)) {
        apply(values, line, wanted !== 'client');
      }
    }
    return values;
  } catch (error) {
    if (error instanceof Fault) {
      issues.push({ path: name, expected: error.message, received: `something else at ${error.where}` });
    } else {
      const { code } = error as NodeJS.ErrnoException;
      issues.push({ path: name, expected: 'a file that can be read', received: code ?? 'something else' });
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
  // who can change the file decides where the password is sent
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

/** A # starts a comment unless it is inside quotes. */
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

function apply(values: Record<string, unknown>, line: Line, own: boolean): void {
  const { where } = line;
  // skip-ssl and disable-ssl mean ssl=0
  const negated = /^(?:skip|disable)-/.test(line.key);
  const key = line.key.replace(/^(?:skip|disable)-/, '');
  const value = negated ? '0' : (line.value ?? (SWITCHES.has(key) ? '1' : ''));
  if (key === 'ssl-mode') {
    values['tls'] = { ...(values['tls'] ?? {}), ...sslModeOf(value, where) };
    return;
  }
  const path = OPTION_OF[key];
  const leaf = LEAVES.get(path ?? '');
  if (path === undefined || leaf === undefined || (negated && !SWITCHES.has(key))) {
    if (own) {
      throw new Fault(`an option that is known here, not ${line.key}`, where);
    }
    return;
  }
  if (value === '') {
    throw new Fault(`a value for ${key}`, where);
  }
  const read = readVariable(leaf, PATHS.has(key) ? resolve(dirname(where.replace(/:\d+$/, '')), value) : value);
  if ('expected' in read) {
    throw new Fault(`${key} to be ${read.expected}`, where);
  }
  setAt(values, path, read.value);
}

function sslModeOf(text: string, where: string): TlsOptions {
  const mode = SSL_MODES[text.toUpperCase()];
  if (mode === undefined) {
    throw new Fault(`ssl-mode to be one of ${Object.keys(SSL_MODES).join(', ')}`, where);
  }
  return mode;
}
