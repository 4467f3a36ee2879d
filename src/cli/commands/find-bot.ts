import type { DatabaseOperations } from '../../operations/database-operations.ts';
import type { StoredBot } from '../../repositories/bot.repository.ts';
import { failure } from '../cli-error.ts';

/**
 * The bot with an id or a name. Digits are an id first, and a name only where no bot has that id.
 *
 * @throws CliError when there is none
 */
export async function findBot(db: DatabaseOperations, idOrName: string): Promise<StoredBot> {
  const byId = /^[1-9]\d{0,8}$/.test(idOrName) ? await db.bots.getById(Number(idOrName)) : null;
  const bot = byId ?? (await db.bots.getByName(idOrName));
  if (bot === null) {
    throw noSuchBot(idOrName);
  }
  return bot;
}

/** The error for a bot that is not there, or no longer. */
export function noSuchBot(idOrName: string): Error {
  return failure(`there is no bot ${JSON.stringify(idOrName)}; \`tradestore bots list\` shows those there are`);
}
