import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { BOT_ARGUMENT, findBot } from './find-bot.ts';
import { renderBot } from './render-bot.ts';

/** `tradestore bots show` */
export function addBotsShow(bots: Command, cli: Cli): void {
  bots
    .command('show')
    .description('show one bot')
    .argument(...BOT_ARGUMENT)
    .addHelpText('after', example('tradestore bots show grid-1', 'tradestore bots show 1 --json'))
    .action(
      cli.connectedAction(async (context, db) => {
        const { output, args } = context;
        const bot = await findBot(db, context, args[0] ?? '');
        output.result(bot, () => renderBot(bot));
        return 0;
      }),
    );
}
