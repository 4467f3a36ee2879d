import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { addMigrateCheck } from './migrate-check.ts';
import { addMigrateDown } from './migrate-down.ts';
import { addMigrateStatus } from './migrate-status.ts';
import { addMigrateUp } from './migrate-up.ts';

/** `tradestore migrate`: manages the tables. */
export function addMigrate(program: Command, cli: Cli): void {
  const migrate = program
    .command('migrate')
    .description('manage the tables of the database')
    .addHelpText('after', example('tradestore migrate up', 'tradestore migrate check --json'));
  addMigrateUp(migrate, cli);
  addMigrateDown(migrate, cli);
  addMigrateStatus(migrate, cli);
  addMigrateCheck(migrate, cli);
}
