import { readFileSync } from 'node:fs';
import { withDefaultEnvFile, withEnvFile } from '../config/env-file.ts';
import type { Environment } from '../index.ts';
import { usageError } from './cli-error.ts';

/**
 * The environment, completed from the file at `path`, or from `./.env` if no path is given and that exists.
 *
 * Node.js searches for `--env-file` even behind the name of a program. If that file is missing, it prints
 * `node: NAME: not found` and exits with 9 before this is called, unless it was started as `node -- program`.
 *
 * @param path `false` for no file
 * @throws CliError if the named file cannot be read
 * @throws ConfigurationError that names every faulty line
 */
export function completedEnvironment(environment: Environment, path: string | false | undefined): Environment {
  if (path === false) {
    return environment;
  }
  return path === undefined ? withDefaultEnvFile(environment) : withEnvFile(environment, readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw usageError(`cannot read the --env-file ${path}: ${reason}; check the path`, error);
  }
}
