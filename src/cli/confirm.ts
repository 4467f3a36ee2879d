import { createInterface } from 'node:readline/promises';
import { printable } from '../text/printable.ts';
import type { Context } from './cli.ts';
import { failure, usageError } from './cli-error.ts';

/** The option of every command that deletes data. */
export const YES_OPTION = ['--yes', 'do not ask for confirmation'] as const;

export interface YesOption {
  readonly yes?: boolean | undefined;
}

/**
 * Asks for confirmation before data is deleted, unless `--yes` is given.
 *
 * @param refused what to say after an answer that is not yes
 * @param warning what is deleted; `undefined` if there is nothing to ask
 * @throws CliError if there is no terminal to ask at, or the answer is not yes
 */
export async function confirmDeletion(
  { host: { stdin, stderr }, options }: Context<YesOption>,
  command: string,
  refused: string,
  warning: () => Promise<string | undefined>,
): Promise<void> {
  if (options.yes === true) {
    return;
  }
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    const advice = 'there is no terminal to ask for confirmation; add --yes to do it anyway';
    throw usageError(`${command} deletes data, and ${advice}`);
  }
  const text = await warning();
  if (text === undefined) {
    return;
  }
  const prompt = createInterface({ input: stdin, output: stderr });
  // Ctrl-C and Ctrl-D close the prompt and leave its question without an answer
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([prompt.question(`${printable(text)} Go on? [y/N] `).catch(() => ''), closed]);
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw failure(`${refused}: the answer was not yes`);
    }
  } finally {
    prompt.close();
  }
}
