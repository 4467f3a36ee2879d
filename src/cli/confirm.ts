import { createInterface } from 'node:readline/promises';
import { printable } from '../text/printable.ts';
import { failure, usageError } from './cli-error.ts';
import type { Host } from './host.ts';

/**
 * Refuses to delete data if there is no terminal to ask for confirmation.
 *
 * @throws CliError that names `--yes`
 */
export function requireTerminal({ stdin, stderr }: Pick<Host, 'stdin' | 'stderr'>, command: string): void {
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw usageError(
      `${command} deletes data, and there is no terminal to ask for confirmation; add --yes to do it anyway`,
    );
  }
}

/**
 * Asks for confirmation before data is deleted.
 *
 * @throws CliError if the answer is not yes
 */
export async function confirm({ stdin, stderr }: Host, warning: string, refused: string): Promise<void> {
  const prompt = createInterface({ input: stdin, output: stderr });
  // Ctrl-C and Ctrl-D close the prompt and leave its question without an answer
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([prompt.question(`${printable(warning)} Go on? [y/N] `).catch(() => ''), closed]);
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw failure(`${refused}: the answer was not yes`);
    }
  } finally {
    prompt.close();
  }
}
