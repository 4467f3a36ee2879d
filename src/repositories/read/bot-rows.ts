import type { Bot } from '../../entities/bot.entity.ts';
import type { Session } from '../../executor/session.ts';
import type { BotConfig, JsonObject } from '../../schemas/bot.schema.ts';
import type { Timeframe } from '../../time/timeframe.ts';
import type { Versioned } from '../bot-versions.ts';

/**
 * A stored bot. A plain object: changing it changes nothing in the database.
 *
 * @typeParam C the type of its settings, which whoever reads it says and nobody checks
 */
export type StoredBot<C extends BotConfig = JsonObject> = Readonly<Omit<Bot, 'timeframe' | 'config'>> & {
  readonly timeframe: Timeframe;
  readonly config: C | null;
};

/** The type of settings where it says anything of them. */
export type Named<C extends BotConfig> = [keyof C] extends [never] ? JsonObject : C;

/** What an update relies on. */
export interface UpdateBotOptions {
  /** Fails with a `ConflictError` unless the stored version is this one. @default that of the bot, where one is given */
  readonly expectedVersion?: number | undefined;
}

/** A row as it is handed out. @internal */
export function toStored<C extends BotConfig>({ tables }: Session, bot: Bot): StoredBot<C> {
  const fields = tables.bots.columns.map(({ property }) => [property, bot[property as keyof Bot] ?? null]);
  return Object.fromEntries(fields) as StoredBot<C>;
}

export const NOT_FOUND = 'found no such bot';

/** What became of a bot, in a line of the log. */
export function saidOfBot(bot: Versioned | null): string {
  return bot === null ? NOT_FOUND : `stored bot ${bot.id}: version ${bot.version}`;
}
