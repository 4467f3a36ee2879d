import type { Command } from 'commander';
import { isDuplicateError } from '../../errors/duplicate-error.ts';
import type { BotInput, StoredBot } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli, Context } from '../cli.ts';
import { failure, usageError } from '../cli-error.ts';
import { confirmDeletion, YES_OPTION, type YesOption } from '../confirm.ts';
import { alignPoints, formatTime } from '../format.ts';
import { newCommand } from '../new-command.ts';
import { renderTable } from '../table.ts';
import { quoted, shellWord, typedCommand } from '../typed-command.ts';
import {
  type BotOptions,
  botFields,
  flagOf,
  statusOption,
  timeframeOption,
  wholeNumber,
  withBotOptions,
} from './bot-options.ts';
import { BOT_ARGUMENT, findBot, noSuchBot, typedName } from './find-bot.ts';

const REQUIRED = ['name', 'strategy', 'symbol', 'timeframe', 'virtualBalance'] as const;

type ListOptions = BotOptions & { readonly limit?: number | undefined };
type SetOptions = BotOptions & { readonly expectedVersion?: number | undefined };

export function addBots(program: Command, cli: Cli): void {
  const bots = newCommand(
    program,
    'bots',
    'list, show, add, change and remove trading bots',
    'tradestore bots list --status active',
    'tradestore bots show grid-1',
  );
  newCommand(
    bots,
    'list',
    'list bots by id; all filters must match',
    'tradestore bots list --status active --exchange okx',
  )
    .addOption(statusOption())
    .option('--exchange <exchange>', 'exchange that they trade on')
    .option('--symbol <symbol>', 'symbol as the exchange writes it')
    .addOption(timeframeOption())
    .option('--strategy <name>', 'name of the strategy')
    .option('--limit <count>', 'maximum number of bots', wholeNumber)
    .action(
      cli.connectedAction<ListOptions>(async ({ output, options }, db) => {
        const { status, exchange, symbol, timeframe, strategy: strategyName, limit } = options;
        const found = await db.bots.list({ status, exchange, symbol, timeframe, strategyName, limit });
        output.result(found, () => (found.length === 0 ? 'No bots.' : renderBots(found)));
        return 0;
      }),
    );
  newCommand(bots, 'show', 'show one bot', 'tradestore bots show grid-1', 'tradestore bots show 1 --json')
    .argument(...BOT_ARGUMENT)
    .action(
      cli.connectedAction(async (context, db) => {
        const bot = await findBot(db, context, context.args[0] ?? '');
        context.output.result(bot, () => renderBot(bot));
        return 0;
      }),
    );
  const add = newCommand(
    bots,
    'add',
    'add a bot',
    'tradestore bots add --name grid-1 --strategy grid --exchange okx --symbol BTC-USDT --timeframe 5m \\',
    '    --virtual-balance 1000 --config \'{"levels":10}\'',
  );
  withBotOptions(add, REQUIRED).action(
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
  const set = newCommand(
    bots,
    'set',
    'change fields of a bot; the others stay as they are',
    'tradestore bots set grid-1 --status paused',
    'tradestore bots set 1 --current-balance 990.5 --expected-version 3',
  );
  withBotOptions(set)
    .argument(...BOT_ARGUMENT)
    .option('--expected-version <version>', 'fail if the bot has changed since this version', wholeNumber)
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
        const same = bot.version === before.version;
        const outcome = same ? 'Nothing changed: the bot has these values already.' : 'Changed.';
        output.result(bot, () => `${outcome}\n\n${renderBot(bot)}`);
        return 0;
      }),
    );
  newCommand(bots, 'remove', 'remove a bot', 'tradestore bots remove grid-1', 'tradestore bots remove 1 --yes')
    .argument(...BOT_ARGUMENT)
    .option(...YES_OPTION)
    .action(
      cli.connectedAction<YesOption>(async (context, db) => {
        const named = context.args[0] ?? '';
        const bot = await findBot(db, context, named);
        const title = `bot ${bot.id}, ${bot.name}`;
        await confirmDeletion(context, 'bots remove', 'nothing was removed', async () => {
          const { describeDatabase } = await import('../start/describe-database.ts');
          return `This removes ${title} (${bot.status}), from ${describeDatabase(context.settings())}.`;
        });
        if (!(await db.bots.delete(bot.id))) {
          throw noSuchBot(context, named);
        }
        context.output.result({ removed: bot }, () => `Removed ${printable(title)}.`);
        return 0;
      }),
    );
}

/** Writes a bot. If another bot has its name, the error says so in the words of the command line. */
async function orNameTaken<T>(
  { quote }: Pick<Context, 'quote'>,
  name: string | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (name === undefined || !isDuplicateError(error)) {
      throw error;
    }
    const change = `choose another --name, or change it with ${quote(`bots set ${shellWord(typedName(name))}`)}`;
    throw failure(`a bot named ${JSON.stringify(name)} exists already; ${change}`, error);
  }
}

function renderBots(found: readonly StoredBot[]): string {
  const balances = alignPoints(found.map(({ currentBalance }) => currentBalance));
  const rows = found.map((bot, index) => [
    String(bot.id),
    bot.name,
    bot.status,
    bot.strategyName,
    `${bot.exchange} ${bot.symbol} ${bot.timeframe}`,
    balances[index] ?? '',
    formatTime(bot.lastHeartbeat),
  ]);
  return renderTable(['id', 'name', 'status', 'strategy', 'market', 'balance', 'last heartbeat'], rows, [0, 5]);
}

function renderBot(bot: StoredBot): string {
  const rows = [
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
  return renderTable(['bot', 'value'], rows);
}
