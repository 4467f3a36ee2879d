import { readFileSync } from 'node:fs';
import { withDefaultEnvFile, withEnvFile } from '../config/env-file.ts';
import type { Environment } from '../index.ts';
import { usageError } from './cli-error.ts';

/**
 * The environment with the variables of a file behind it: the one that is named, or `./.env` where there is one.
 *
 * Node.js itself looks for `--env-file` behind a program's name too, and ends with 9 where there is no such
 * file, unless the program's name stands behind `--`.
 *
 * @param path `false` reads none
 * @throws CliError when the file that is named cannot be read
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
