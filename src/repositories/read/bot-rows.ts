import type { Bot } from '../../entities/bot.entity.ts';
import type { Session } from '../../executor/session.ts';
import type { BotConfig, JsonObject } from '../../schemas/bot.schema.ts';
import type { Timeframe } from '../../time/timeframe.ts';
import type { Versioned } from '../bot-versions.ts';

/**
 * A stored bot. A plain object: changing it changes nothing in the database.
 *
 * @typeParam C the type of its settings, as the caller declares it; it is not checked
 */
export type StoredBot<C extends BotConfig = JsonObject> = Readonly<Omit<Bot, 'timeframe' | 'config'>> & {
  readonly timeframe: Timeframe;
  readonly config: C | null;
};

/** The type of the settings; `JsonObject` where it has no fields. */
export type Named<C extends BotConfig> = [keyof C] extends [never] ? JsonObject : C;

/** Which version an update relies on. */
export interface UpdateBotOptions {
  /** The update fails with a `ConflictError` unless the stored version is this one. @default that of the bot, if a bot is given */
  readonly expectedVersion?: number | undefined;
}

/** The plain object of a row. @internal */
export function toStored<C extends BotConfig>({ tables }: Session, bot: Bot): StoredBot<C> {
  const fields = tables.bots.columns.map(({ property }) => [property, bot[property as keyof Bot] ?? null]);
  return Object.fromEntries(fields) as StoredBot<C>;
}

export const NOT_FOUND = 'found no such bot';

/** The outcome of a change, as a line of the log. */
export function botMessage(bot: Versioned | null): string {
  return bot === null ? NOT_FOUND : `stored bot ${bot.id}: version ${bot.version}`;
}
