import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { usageError } from '../cli-error.ts';
import { example } from '../example.ts';
import { quoted, typedCommand } from '../typed-command.ts';
import { type BotOptions, botFields, wholeNumber, withBotOptions } from './bot-options.ts';
import { BOT_ARGUMENT, findBot, noSuchBot } from './find-bot.ts';
import { orNameTaken } from './name-taken.ts';
import { renderBot } from './render-bot.ts';

interface SetOptions extends BotOptions {
  readonly expectedVersion?: number | undefined;
}

/** `tradestore bots set` */
export function addBotsSet(bots: Command, cli: Cli): void {
  withBotOptions(bots.command('set').description('change fields of a bot; the others stay as they are'))
    .argument(...BOT_ARGUMENT)
    .option('--expected-version <version>', 'fail if the bot has changed since this version', wholeNumber)
    .addHelpText(
      'after',
      example(
        'tradestore bots set grid-1 --status paused',
        'tradestore bots set 1 --current-balance 990.5 --expected-version 3',
      ),
    )
    .action(
      cli.connectedAction<SetOptions>(async (context, db) => {
        const { output, options, args } = context;
        const named = args[0] ?? '';
        const changes = botFields(options);
        if (Object.keys(changes).length === 0) {
          throw usageError(`no field to change was given; see ${quoted(typedCommand('bots set --help'))}`);
        }
        const before = await findBot(db, context, named);
        const { expectedVersion } = options;
        const bot = await orNameTaken(context, changes.name, () =>
          db.bots.update(before.id, changes, { expectedVersion }),
        );
        if (bot === null) {
          throw noSuchBot(context, named);
        }
        const outcome =
          bot.version === before.version ? 'Nothing changed: the bot has these values already.' : 'Changed.';
        output.result(bot, () => `${outcome}\n\n${renderBot(bot)}`);
        return 0;
      }),
    );
}
