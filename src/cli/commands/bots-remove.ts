import type { Command } from 'commander';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { confirm, requireTerminal } from '../confirm.ts';
import { example } from '../example.ts';
import { BOT_ARGUMENT, findBot, noSuchBot } from './find-bot.ts';

/** `tradestore bots remove` */
export function addBotsRemove(bots: Command, cli: Cli): void {
  bots
    .command('remove')
    .description('remove a bot')
    .argument(...BOT_ARGUMENT)
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', example('tradestore bots remove grid-1', 'tradestore bots remove 1 --yes'))
    .action(
      cli.connectedAction<{ yes?: boolean }>(async (context, db) => {
        const { host, output, options, args } = context;
        const named = args[0] ?? '';
        const bot = await findBot(db, context, named);
        const title = `bot ${bot.id}, ${bot.name}`;
        if (options.yes !== true) {
          requireTerminal(host, 'bots remove');
          const { describeDatabase } = await import('../start/describe-database.ts');
          const database = describeDatabase(context.settings());
          await confirm(host, `This removes ${title} (${bot.status}), from ${database}.`, 'nothing was removed');
        }
        if (!(await db.bots.delete(bot.id))) {
          throw noSuchBot(context, named);
        }
        output.result({ removed: bot }, () => `Removed ${printable(title)}.`);
        return 0;
      }),
    );
}
