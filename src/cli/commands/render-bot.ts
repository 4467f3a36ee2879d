import type { StoredBot } from '../../index.ts';
import { formatTime } from '../format.ts';
import { renderTable } from '../table.ts';

/** A bot, one line for each field. */
export function renderBot(bot: StoredBot): string {
  const rows: [string, string][] = [
    ['id', String(bot.id)],
    ['name', bot.name],
    ['status', bot.status],
    ['strategy', bot.strategyName],
    ['exchange', bot.exchange],
    ['symbol', bot.symbol],
    ['timeframe', bot.timeframe],
    ['virtual balance', bot.virtualBalance],
    ['current balance', bot.currentBalance],
    ['config', bot.config === null ? '-' : JSON.stringify(bot.config)],
    ['last heartbeat', formatTime(bot.lastHeartbeat)],
    ['version', String(bot.version)],
    ['created', formatTime(bot.createdAt)],
    ['updated', formatTime(bot.updatedAt)],
  ];
  return renderTable<[string, string]>(
    [
      { head: 'bot', value: ([name]) => name },
      { head: 'value', value: ([, value]) => value },
    ],
    rows,
  );
}
