import type { DatabaseOperations, StoredBot } from '../../index.ts';
import type { Context } from '../cli.ts';
import { failure } from '../cli-error.ts';

/** How the help names the argument. */
export const BOT_ARGUMENT = [
  '<bot>',
  'its id (digits are never a name) or its name; name:2 is the bot named 2',
] as const;

const NAME_PREFIX = 'name:';
const IS_ID = /^\d+$/;
/** What the column holds at most. An id beyond it is of no bot, and no query needs to say so. */
const HIGHEST_ID = 4_294_967_295;

/**
 * The bot with an id or a name. Digits are only ever an id: were they a name where no bot has that id, the
 * same command given twice would mean two bots.
 *
 * @throws CliError when there is none
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

/** How a bot's name is typed so that it is not taken for an id. */
export function typedName(name: string): string {
  return IS_ID.test(name) || name.startsWith(NAME_PREFIX) ? `${NAME_PREFIX}${name}` : name;
}

/** The error for a bot that is not there, or no longer. */
export function noSuchBot({ quote }: Pick<Context, 'quote'>, bot: string): Error {
  const which = IS_ID.test(bot) ? bot : `named ${JSON.stringify(nameIn(bot))}`;
  return failure(`there is no bot ${which}; ${quote('bots list')} shows those there are`);
}

async function byId(db: DatabaseOperations, id: number): Promise<StoredBot | null> {
  return id >= 1 && id <= HIGHEST_ID ? await db.bots.getById(id) : null;
}

function nameIn(bot: string): string {
  return bot.startsWith(NAME_PREFIX) ? bot.slice(NAME_PREFIX.length) : bot;
}
