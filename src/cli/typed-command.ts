import { redactUrl } from '../errors/redact.ts';

/** The options that say where the database is; whoever repeats a command needs them again. */
export interface Whereabouts {
  readonly database?: string | undefined;
  readonly envFile?: string | false | undefined;
}

// run from its sources the package is not installed, so npx does not know it
const FROM_SOURCES = import.meta.url.endsWith('.ts');
const PROGRAM = FROM_SOURCES ? 'npm run tradestore --' : 'npx tradestore';

/** `start` as it is typed here. */
export const START_COMMAND = FROM_SOURCES ? 'npm start' : 'npx tradestore start';

/**
 * A command as it can be typed here, on the database of the command that says so. A password is not
 * repeated: then `rest` says in words what is missing.
 */
export function typedCommand(command: string, { database, envFile }: Whereabouts = {}): TypedCommand {
  const secret = database !== undefined && redactUrl(database) !== database;
  const options = [
    ...(database === undefined || secret ? [] : ['--database', shellWord(database)]),
    ...(envFile === false ? ['--no-env-file'] : envFile === undefined ? [] : ['--env-file', shellWord(envFile)]),
  ];
  return { text: [PROGRAM, command, ...options].join(' '), rest: secret ? ' with the same --database' : '' };
}

/** A command, and what is to be said behind it. */
export interface TypedCommand {
  readonly text: string;
  readonly rest: string;
}

/** The command inside a sentence. */
export function quoted({ text, rest }: TypedCommand): string {
  return `\`${text}\`${rest}`;
}

/** A word as a shell takes it: in quotes where it holds more than letters, digits and the like. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
