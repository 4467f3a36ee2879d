import type { Bot } from '../entities/bot.entity.ts';
import type { BotConfig, JsonObject } from '../schemas/bot.schema.ts';
import type { Timeframe } from '../time/timeframe.ts';
import type { Session } from './session.ts';

/**
 * A stored bot. A plain object: changing it changes nothing in the database.
 *
 * @typeParam C the type of its settings, which whoever reads it says and nobody checks
 */
export type StoredBot<C extends BotConfig = JsonObject> = Readonly<Omit<Bot, 'timeframe' | 'config'>> & {
  readonly timeframe: Timeframe;
  readonly config: C | null;
};

/** A row as it is handed out. @internal */
export function toStored<C extends BotConfig>({ tables }: Session, bot: Bot): StoredBot<C> {
  const fields = tables.bots.columns.map(({ property }) => [property, bot[property as keyof Bot] ?? null]);
  return Object.fromEntries(fields) as StoredBot<C>;
}
