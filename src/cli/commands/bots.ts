import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { addBotsAdd } from './bots-add.ts';
import { addBotsList } from './bots-list.ts';
import { addBotsRemove } from './bots-remove.ts';
import { addBotsSet } from './bots-set.ts';
import { addBotsShow } from './bots-show.ts';

/** `tradestore bots`: the state of trading bots. */
export function addBots(program: Command, cli: Cli): void {
  const bots = program
    .command('bots')
    .description('list, show, add, change and remove trading bots')
    .addHelpText('after', example('tradestore bots list --status active', 'tradestore bots show grid-1'));
  addBotsList(bots, cli);
  addBotsShow(bots, cli);
  addBotsAdd(bots, cli);
  addBotsSet(bots, cli);
  addBotsRemove(bots, cli);
}
