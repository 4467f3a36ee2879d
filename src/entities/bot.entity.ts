import { defineEntity, p } from '@mikro-orm/core';
import { BOT_STATUSES, type BotStatus } from '../text/bot-status.ts';
import {
  BOT_NAME_LENGTH,
  EXCHANGE_LENGTH,
  STRATEGY_NAME_LENGTH,
  SYMBOL_LENGTH,
  TIMEFRAME_LENGTH,
} from '../text/column-lengths.ts';
import { decimal, UtcMilliseconds } from './column-types.ts';

// with the runtime type "Date" the ORM would parse it itself, and take 30 February for 1 March
const instant = () => p.type(new UtcMilliseconds()).$type<Date>().runtimeType('any');
const name = (length: number) => p.string().length(length);

/** A trading bot's state. `version` counts its changes, and guards against lost updates. */
export class Bot {
  id!: number;
  name!: string;
  strategyName!: string;
  exchange!: string;
  symbol!: string;
  timeframe!: string;
  status!: BotStatus;
  virtualBalance!: string;
  currentBalance!: string;
  config!: Record<string, unknown> | null;
  lastHeartbeat!: Date | null;
  version!: number;
  createdAt!: Date;
  updatedAt!: Date;
}

/** @internal */
export const BotSchema = defineEntity({
  class: Bot,
  tableName: 'bots',
  properties: {
    id: p.integer().unsigned().primary().autoincrement(),
    name: name(BOT_NAME_LENGTH).unique(),
    strategyName: name(STRATEGY_NAME_LENGTH),
    exchange: name(EXCHANGE_LENGTH),
    symbol: name(SYMBOL_LENGTH),
    timeframe: name(TIMEFRAME_LENGTH),
    status: p.enum(BOT_STATUSES),
    virtualBalance: decimal(),
    currentBalance: decimal(),
    config: p.json<Record<string, unknown>>().nullable(),
    lastHeartbeat: instant().nullable(),
    version: p.integer().unsigned().version(),
    createdAt: instant(),
    updatedAt: instant(),
  },
});
