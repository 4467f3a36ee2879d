import { redactUrl } from '../errors/redact.ts';

/** The options that say where the database is, which a suggested command needs too. */
export interface CommandTarget {
  readonly database?: string | undefined;
  readonly envFile?: string | false | undefined;
}

// in a clone of the repository the package is not installed, so npx does not find it
const FROM_SOURCES = import.meta.url.endsWith('.ts');
const PROGRAM = FROM_SOURCES ? 'npm run tradestore --' : 'npx tradestore';

export const START_COMMAND = FROM_SOURCES ? 'npm start' : 'npx tradestore start';

/**
 * A command as it is typed here, on the same database as the one that suggests it. A password is not repeated: then
 * `rest` says in words what is missing.
 */
export function typedCommand(command: string, { database, envFile }: CommandTarget = {}): TypedCommand {
  const secret = database !== undefined && redactUrl(database) !== database;
  const options = [
    ...(database === undefined || secret ? [] : ['--database', shellWord(database)]),
    ...(envFile === false ? ['--no-env-file'] : envFile === undefined ? [] : ['--env-file', shellWord(envFile)]),
  ];
  return { text: [PROGRAM, command, ...options].join(' '), rest: secret ? ' with the same --database' : '' };
}

/** A command, and words that follow it. */
export interface TypedCommand {
  readonly text: string;
  readonly rest: string;
}

export function quoted({ text, rest }: TypedCommand): string {
  return `\`${text}\`${rest}`;
}

/** A word for a shell: in quotes if it holds other characters than letters, digits and the like. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
