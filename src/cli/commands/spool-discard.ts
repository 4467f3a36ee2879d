import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { confirm, requireTerminal } from '../confirm.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';
import { DIRECTORY_OPTION, type SpoolOptions } from './spool-status.ts';

interface DiscardOptions extends SpoolOptions {
  readonly yes?: boolean | undefined;
}

/** `tradestore spool discard` */
export function addSpoolDiscard(spool: Command, cli: Cli): void {
  spool
    .command('discard')
    .description('delete the rows that the database refused, for good; export shows them first')
    .requiredOption(...DIRECTORY_OPTION)
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', example('tradestore spool discard --directory ./spool --yes'))
    .action(
      cli.action<DiscardOptions>(async ({ host, output, options }) => {
        const { discardRefused, spoolStatus } = await import('../../index.ts');
        const { directory, refused } = await spoolStatus(options.directory);
        if (options.yes !== true && refused > 0) {
          requireTerminal(host, 'spool discard');
          await confirm(host, `This drops ${plural(refused, 'refused row')} of ${directory}.`, 'nothing was dropped');
        }
        const discarded = await discardRefused(directory);
        output.result({ discarded }, () =>
          discarded === 0 ? 'Nothing to do: no row was refused.' : `Dropped ${plural(discarded, 'row')}.`,
        );
        return 0;
      }),
    );
}
