import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { addSpoolDiscard } from './spool-discard.ts';
import { addSpoolDrain } from './spool-drain.ts';
import { addSpoolExport } from './spool-export.ts';
import { addSpoolRetry } from './spool-retry.ts';
import { addSpoolStatus } from './spool-status.ts';

/** `tradestore spool`: rows that writers kept on a local disk during an outage. */
export function addSpool(program: Command, cli: Cli): void {
  const spool = program
    .command('spool')
    .description(
      'inspect, drain, export, retry or discard rows that writers kept on a local disk while the database was away',
    )
    .addHelpText(
      'after',
      example('tradestore spool status --directory ./spool', 'tradestore spool drain --directory ./spool'),
    );
  addSpoolStatus(spool, cli);
  addSpoolDrain(spool, cli);
  addSpoolExport(spool, cli);
  addSpoolRetry(spool, cli);
  addSpoolDiscard(spool, cli);
}
