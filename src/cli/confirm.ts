import { createInterface } from 'node:readline/promises';
import { printable } from '../text/printable.ts';
import { failure, usageError } from './cli-error.ts';
import type { Host } from './host.ts';

/**
 * Refuses what destroys data where nobody can be asked.
 *
 * @throws CliError that names `--yes`
 */
export function requireSomebody({ stdin, stderr }: Pick<Host, 'stdin' | 'stderr'>, command: string): void {
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw usageError(`${command} destroys data, and nobody can be asked here; add --yes if it is meant`);
  }
}

/**
 * Asks before something is destroyed.
 *
 * @throws CliError when the answer is not yes
 */
export async function confirm({ stdin, stderr }: Host, warning: string, refused: string): Promise<void> {
  const prompt = createInterface({ input: stdin, output: stderr });
  // Ctrl-C and Ctrl-D close the prompt, and its question then has no answer
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([prompt.question(`${printable(warning)} Go on? [y/N] `).catch(() => ''), closed]);
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw failure(`${refused}, since the answer was not yes`);
    }
  } finally {
    prompt.close();
  }
}
