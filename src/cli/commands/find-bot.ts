import type { DatabaseOperations, StoredBot } from '../../index.ts';
import type { Context } from '../cli.ts';
import { failure } from '../cli-error.ts';

/** The argument, for the help. */
export const BOT_ARGUMENT = [
  '<bot>',
  'id or name of the bot; digits are always an id, name:2 is the bot named 2',
] as const;

const NAME_PREFIX = 'name:';
const IS_ID = /^\d+$/;
/** The largest id that the column holds. A larger one needs no query. */
const HIGHEST_ID = 4_294_967_295;

/**
 * Finds a bot by its id or its name. Digits are always an id. If they could also be a name, the same command could mean
 * two different bots at two times.
 *
 * @throws CliError if there is no such bot
 */
export async function findBot(
  db: DatabaseOperations,
  context: Pick<Context, 'quote'>,
  bot: string,
): Promise<StoredBot> {
  const found = IS_ID.test(bot) ? await byId(db, Number(bot)) : await db.bots.getByName(nameIn(bot));
  if (found === null) {
    throw noSuchBot(context, bot);
  }
  return found;
}

/** A bot's name as it is typed, so that it is not taken for an id. */
export function typedName(name: string): string {
  return IS_ID.test(name) || name.startsWith(NAME_PREFIX) ? `${NAME_PREFIX}${name}` : name;
}

/** The error for a bot that does not exist, or no longer does. */
export function noSuchBot({ quote }: Pick<Context, 'quote'>, bot: string): Error {
  const which = IS_ID.test(bot) ? bot : `named ${JSON.stringify(nameIn(bot))}`;
  return failure(`there is no bot ${which}; ${quote('bots list')} lists all bots`);
}

async function byId(db: DatabaseOperations, id: number): Promise<StoredBot | null> {
  return id >= 1 && id <= HIGHEST_ID ? await db.bots.getById(id) : null;
}

function nameIn(bot: string): string {
  return bot.startsWith(NAME_PREFIX) ? bot.slice(NAME_PREFIX.length) : bot;
}
