import { z } from 'zod';
import { defined } from '../config/defined.ts';
import { BOT_STATUSES, type BotStatus } from '../text/bot-status.ts';
import { BOT_NAME_LENGTH, EXCHANGE_LENGTH, STRATEGY_NAME_LENGTH, SYMBOL_LENGTH } from '../text/column-lengths.ts';
import type { Timeframe } from '../time/timeframe.ts';
import { findJsonFault, type JsonValue } from './json-value.ts';
import {
  type DecimalInput,
  type DefaultExchange,
  decimal,
  type InstantInput,
  instant,
  limit,
  name,
  object,
  type TimeframeInput,
  timeframe,
  unsignedInt,
} from './primitives.ts';

/**
 * A bot's settings: an object of any type, as long as JSON can hold it without loss; that is checked when it is written.
 * Write exact decimals as text. Keys may come back in another order.
 */
export type BotConfig = object;

/** Settings whose type is not given. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined };

/** A bot to add. */
export interface BotInput<C extends BotConfig = BotConfig> {
  /** Unique among all bots. */
  readonly name: string;
  readonly strategyName: string;
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly timeframe: TimeframeInput;
  /** @default 'inactive' */
  readonly status?: BotStatus | undefined;
  /** What the bot may trade with, in the quote currency. */
  readonly virtualBalance: DecimalInput;
  /** @default virtualBalance */
  readonly currentBalance?: DecimalInput | undefined;
  /** @default null */
  readonly config?: C | null | undefined;
}

/** The fields to change; those left out stay. */
export interface BotChanges<C extends BotConfig = BotConfig> extends Partial<BotInput<C>> {
  /** When the bot was last alive. This counts as a change and raises the version; `recordHeartbeat()` does not. */
  readonly lastHeartbeat?: InstantInput | null | undefined;
}

/** Which bots to list; every condition given must hold. */
export interface BotFilter {
  readonly status?: BotStatus | undefined;
  readonly exchange?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: TimeframeInput | undefined;
  readonly strategyName?: string | undefined;
  /** Bots at most, by ascending id. @default all */
  readonly limit?: number | undefined;
}

export interface CheckedBot {
  readonly name: string;
  readonly strategyName: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly status: BotStatus;
  readonly virtualBalance: string;
  readonly currentBalance: string;
  readonly config: Record<string, unknown> | null;
}

/** Changes that were checked: at least one. */
export type CheckedChanges = Partial<CheckedBot> & { readonly lastHeartbeat?: Date | null };

const status = z.enum(BOT_STATUSES, { error: `one of ${BOT_STATUSES.join(', ')}` });

const config = z.unknown().transform((input, context) => {
  if (input === null) {
    return null;
  }
  const isObject = typeof input === 'object' && !Array.isArray(input);
  const fault = isObject ? findJsonFault(input) : { path: [], expected: 'a JSON object or null', received: input };
  if (fault !== undefined) {
    context.issues.push({ code: 'custom', path: fault.path, message: fault.expected, input: fault.received });
    return z.NEVER;
  }
  // a copy: the caller's own object may change before the write
  return JSON.parse(JSON.stringify(input)) as Record<string, unknown>;
});

const fields = {
  name: name(BOT_NAME_LENGTH),
  strategyName: name(STRATEGY_NAME_LENGTH),
  exchange: name(EXCHANGE_LENGTH),
  symbol: name(SYMBOL_LENGTH),
  timeframe,
  status,
  virtualBalance: decimal,
  currentBalance: decimal,
  config,
};

export function botSchema(defaultExchange: DefaultExchange): z.ZodType<CheckedBot, unknown> {
  return object('a bot', fields)
    .partial({ exchange: true, status: true, currentBalance: true, config: true })
    .transform((bot) => ({
      ...bot,
      exchange: bot.exchange ?? defaultExchange(),
      status: bot.status ?? 'inactive',
      currentBalance: bot.currentBalance ?? bot.virtualBalance,
      config: bot.config ?? null,
    }));
}

/** Checks changes to a bot: at least one, where a field that is `undefined` counts as left out. */
export const botChangesSchema: z.ZodType<CheckedChanges, unknown> = object('the changes to a bot', {
  ...fields,
  lastHeartbeat: instant.nullable(),
})
  .partial()
  .transform((changes, context) => {
    const given = defined(changes);
    if (Object.keys(given).length === 0) {
      context.issues.push({ code: 'custom', message: 'at least one field to change', input: changes });
    }
    return given as CheckedChanges;
  });

export const botFilterSchema = object('a filter of bots', {
  status,
  exchange: fields.exchange,
  symbol: fields.symbol,
  timeframe,
  strategyName: fields.strategyName,
  limit,
}).partial();

export const botIdSchema = unsignedInt.min(1, { error: "a bot's id, 1 or more" });

/** Checks the id and version of a bot that was read. */
export const versionedBotSchema = object('a bot that was read, or its id', {
  id: botIdSchema,
  version: unsignedInt.min(1, { error: 'a version, 1 or more' }),
}).strip();

export const amountSchema = decimal;
export const botNameSchema = fields.name;
