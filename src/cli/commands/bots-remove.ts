import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { findBot, noSuchBot } from './find-bot.ts';

/** `tradestore bots remove` */
export function addBotsRemove(bots: Command, cli: Cli): void {
  bots
    .command('remove')
    .description('remove a bot')
    .argument('<bot>', 'its id or name')
    .addHelpText('after', example('tradestore bots remove grid-1'))
    .action(
      cli.databaseAction(async ({ output, args: [idOrName = ''] }, db) => {
        const bot = await findBot(db, idOrName);
        if (!(await db.bots.delete(bot.id))) {
          throw noSuchBot(idOrName);
        }
        output.result({ removed: bot }, () => `Removed bot ${bot.id}, ${bot.name}.`);
        return 0;
      }),
    );
}
