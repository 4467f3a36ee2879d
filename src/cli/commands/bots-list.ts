import type { Command } from 'commander';
import type { BotFilter, StoredBot } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { alignPoints, formatTime } from '../format.ts';
import { renderTable } from '../table.ts';
import { type BotOptions, statusOption, timeframeOption, wholeNumber } from './bot-options.ts';

interface ListOptions extends Pick<BotOptions, 'status' | 'exchange' | 'symbol' | 'timeframe' | 'strategy'> {
  readonly limit?: number | undefined;
}

/** `tradestore bots list` */
export function addBotsList(bots: Command, cli: Cli): void {
  bots
    .command('list')
    .description('list bots by id; all filters must match')
    .addOption(statusOption())
    .option('--exchange <exchange>', 'exchange that they trade on')
    .option('--symbol <symbol>', 'symbol as the exchange writes it')
    .addOption(timeframeOption())
    .option('--strategy <name>', 'name of the strategy')
    .option('--limit <count>', 'maximum number of bots', wholeNumber)
    .addHelpText('after', example('tradestore bots list --status active --exchange okx'))
    .action(
      cli.connectedAction<ListOptions>(async ({ output, options }, db) => {
        const { status, exchange, symbol, timeframe, strategy, limit } = options;
        const filter: BotFilter = { status, exchange, symbol, timeframe, strategyName: strategy, limit };
        const found = await db.bots.list(filter);
        output.result(found, () => (found.length === 0 ? 'No bots.' : render(found)));
        return 0;
      }),
    );
}

function render(found: readonly StoredBot[]): string {
  const balances = alignPoints(found.map(({ currentBalance }) => currentBalance));
  const rows = found.map((bot, index) => ({ ...bot, balance: balances[index] ?? '' }));
  return renderTable(
    [
      { head: 'id', align: 'right', value: ({ id }) => String(id) },
      { head: 'name', value: ({ name }) => name },
      { head: 'status', value: ({ status }) => status },
      { head: 'strategy', value: ({ strategyName }) => strategyName },
      { head: 'market', value: ({ exchange, symbol, timeframe }) => `${exchange} ${symbol} ${timeframe}` },
      { head: 'balance', align: 'right', value: ({ balance }) => balance },
      { head: 'last heartbeat', value: ({ lastHeartbeat }) => formatTime(lastHeartbeat) },
    ],
    rows,
  );
}
