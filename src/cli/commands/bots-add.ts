import type { Command } from 'commander';
import type { BotInput } from '../../schemas/bot.schema.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../cli-error.ts';
import { example } from '../example.ts';
import { type BotOptions, botFields, withBotOptions } from './bot-options.ts';
import { renderBot } from './render-bot.ts';

const REQUIRED = [
  ['name', '--name'],
  ['strategy', '--strategy'],
  ['symbol', '--symbol'],
  ['timeframe', '--timeframe'],
  ['virtualBalance', '--virtual-balance'],
] as const;

/** `tradestore bots add` */
export function addBotsAdd(bots: Command, cli: Cli): void {
  withBotOptions(bots.command('add').description('add a bot'))
    .addHelpText(
      'after',
      example(
        'tradestore bots add --name grid-1 --strategy grid --exchange okx --symbol BTC-USDT --timeframe 5m \\',
        '    --virtual-balance 1000 --config \'{"levels":10}\'',
      ),
    )
    .action(
      cli.databaseAction<BotOptions>(async ({ output, options }, db) => {
        const missing = REQUIRED.filter(([option]) => options[option] === undefined).map(([, flag]) => flag);
        if (missing.length > 0) {
          throw usageError(`a bot needs ${missing.join(', ')}; see tradestore bots add --help`);
        }
        // the fields that must be there were looked for above; the library checks what is in them
        const bot = await db.bots.add(botFields(options) as BotInput);
        output.result(bot, () => `Added.\n\n${renderBot(bot)}`);
        return 0;
      }),
    );
}
