import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Environment } from '../config/with-environment.ts';
import { usageError } from './cli-error.ts';

/**
 * The environment with the variables of a file behind it: one that is set already stands, as Node's own
 * `process.loadEnvFile` has it.
 *
 * Node.js itself looks for `--env-file` behind a program's name too, and ends with 9 where there is no such
 * file, unless the program's name stands behind `--`.
 *
 * @throws CliError when the file cannot be read
 */
export function withEnvFile(environment: Environment, path: string | undefined): Environment {
  return path === undefined ? environment : { ...parseEnv(readText(path)), ...environment };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw usageError(`cannot read the --env-file ${path}: ${reason}; check the path`, error);
  }
}
