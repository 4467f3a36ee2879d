import { isDuplicateError } from '../../errors/duplicate-error.ts';
import type { Context } from '../cli.ts';
import { failure } from '../cli-error.ts';
import { shellWord } from '../typed-command.ts';
import { typedName } from './find-bot.ts';

/** Writes a bot. If another bot has its name, the error says so in the words of the command line. */
export async function orNameTaken<T>(
  { quote }: Pick<Context, 'quote'>,
  name: string | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (name === undefined || !isDuplicateError(error)) {
      throw error;
    }
    const change = quote(`bots set ${shellWord(typedName(name))}`);
    throw failure(
      `a bot named ${JSON.stringify(name)} exists already; choose another --name, or change it with ${change}`,
      error,
    );
  }
}
