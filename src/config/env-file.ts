import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import { readVariable } from './option.ts';
import { TARGET } from './options.ts';
import { TARGET_KEYS } from './target.ts';
import { type Environment, VARIABLES } from './with-environment.ts';

const DEFAULT_FILE = '.env';

const URL_VARIABLE = TARGET.url.variable as string;
const PARTS = TARGET_KEYS.filter((key) => key !== 'url').map((key) => TARGET[key].variable as string);

/**
 * The environment, completed from `./.env` if that exists.
 *
 * @throws ConfigurationError as {@link withEnvFile} does, and if the file cannot be read
 */
export function withDefaultEnvFile(environment: Environment): Environment {
  try {
    return withEnvFile(environment, readFileSync(DEFAULT_FILE, 'utf8'), DEFAULT_FILE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // a folder of that name belongs to another program: Python's virtual environments are commonly called .env
    if (code === 'ENOENT' || code === 'EISDIR') {
      return environment;
    }
    throw error instanceof ConfigurationError
      ? error
      : new ConfigurationError('environment', `cannot read ${DEFAULT_FILE} (${code})`);
  }
}

/**
 * The environment, completed from the text of a file. A variable that is set keeps its value, even an empty one. If
 * the environment says where the database is by a URL, the parts (`DB_HOST`, …) in the file do not count, and the
 * other way round.
 *
 * The file is read as `node --env-file` reads it (Node.js, "util.parseEnv"): quotes of three kinds, in which a value
 * may have several lines; `\n` is a line break in double quotes; the last of two lines for one variable counts. Lines
 * that Node.js would skip or cut are refused here.
 *
 * @param name of the file, for messages
 * @throws ConfigurationError that names every faulty line without showing it: it may hold the password
 */
export function withEnvFile(environment: Environment, text: string, name: string): Environment {
  const plain = text.replace(/^\uFEFF/, '');
  const values = parseEnv(plain);
  const overruled = new Set([
    ...(environment[URL_VARIABLE] === undefined ? [] : PARTS),
    ...(PARTS.some((part) => environment[part] !== undefined) ? [URL_VARIABLE] : []),
  ]);
  const issues: Issue[] = [];
  for (const { variable, line, fault } of entriesOf(plain)) {
    const counts = environment[variable] === undefined && !overruled.has(variable);
    // Node.js may read another name here, such as one with a second byte order mark before it
    const missed = Object.hasOwn(values, variable) ? undefined : 'NAME=value';
    const found = fault ?? missed ?? (counts ? valueFault(variable, values[variable]) : undefined);
    if (found !== undefined) {
      const path = [`${name}:${line}`, ...(VARIABLES.has(variable) ? [variable] : [])].join(' ');
      issues.push({ path, expected: found, received: 'something else' });
    }
  }
  if (issues.length > 0) {
    throw new ConfigurationError('environment', `${name} cannot be used`, issues);
  }
  const behind = Object.entries(values).filter(([variable]) => !overruled.has(variable));
  return { ...Object.fromEntries(behind), ...environment };
}

interface Entry {
  /** Empty if the line names none. */
  readonly variable: string;
  /** From 1. */
  readonly line: number;
  /** What was expected of it. */
  readonly fault: string | undefined;
}

/** The entries of a file; Node's own parser skips lines that it cannot read. */
function* entriesOf(text: string): Generator<Entry> {
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const content = (lines[index] as string).trim();
    if (content === '' || content.startsWith('#')) {
      continue;
    }
    const line = index + 1;
    const [, variable, rest = ''] = /^(?:export\s+)?([^\s=#'"`]+)\s*(=.*)$/.exec(content) ?? [];
    if (variable === undefined) {
      yield { variable: '', line, fault: 'NAME=value' };
      continue;
    }
    const [opening, quote] = /^=\s*(['"`])/.exec(rest) ?? [''];
    let last = rest.slice(opening.length);
    while (quote !== undefined && !last.includes(quote) && index + 1 < lines.length) {
      index += 1;
      last = lines[index] as string;
    }
    yield { variable, line, fault: textFault(variable, last, quote) };
  }
}

/** What was expected of a value. `last` is its last line, from the `=` or from behind the opening quote on. */
function textFault(variable: string, last: string, quote: string | undefined): string | undefined {
  if (quote !== undefined) {
    const end = last.indexOf(quote);
    if (end < 0) {
      return `a closing ${quote}`;
    }
    return /^\s*(?:#.*)?$/.test(last.slice(end + 1)) ? undefined : `nothing but a comment behind the closing ${quote}`;
  }
  // Node.js reads a comment there, which would cut a password short
  return VARIABLES.has(variable) && /\S#/.test(last) ? 'quotes around a value that has a #' : undefined;
}

/** What was expected of the value of a variable; it is not shown, since it may be a password. */
function valueFault(variable: string, value: string | undefined): string | undefined {
  const leaf = VARIABLES.get(variable);
  if (leaf === undefined || value === undefined || value === '') {
    return undefined;
  }
  const read = readVariable(leaf.option, value);
  return 'expected' in read ? read.expected : undefined;
}
