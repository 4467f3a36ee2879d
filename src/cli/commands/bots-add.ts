import type { Command } from 'commander';
import type { BotInput } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../cli-error.ts';
import { example } from '../example.ts';
import { quoted, typedCommand } from '../typed-command.ts';
import { type BotOptions, botFields, flagOf, withBotOptions } from './bot-options.ts';
import { orNameTaken } from './name-taken.ts';
import { renderBot } from './render-bot.ts';

const REQUIRED = ['name', 'strategy', 'symbol', 'timeframe', 'virtualBalance'] as const;

/** `tradestore bots add` */
export function addBotsAdd(bots: Command, cli: Cli): void {
  withBotOptions(bots.command('add').description('add a bot'), { required: REQUIRED })
    .addHelpText(
      'after',
      example(
        'tradestore bots add --name grid-1 --strategy grid --exchange okx --symbol BTC-USDT --timeframe 5m \\',
        '    --virtual-balance 1000 --config \'{"levels":10}\'',
      ),
    )
    .action(
      cli.connectedAction<BotOptions>(async (context, db) => {
        const { output, options } = context;
        const missing = REQUIRED.filter((option) => options[option] === undefined).map(flagOf);
        if (missing.length > 0) {
          throw usageError(`a bot needs ${missing.join(', ')}; see ${quoted(typedCommand('bots add --help'))}`);
        }
        // the required fields are there, and the library checks their values
        const fields = botFields(options) as BotInput;
        const bot = await orNameTaken(context, fields.name, () => db.bots.add(fields));
        output.result(bot, () => `Added.\n\n${renderBot(bot)}`);
        return 0;
      }),
    );
}
