import type { Command } from 'commander';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';
import { shellWord } from '../typed-command.ts';
import { DIRECTORY_OPTION, type SpoolOptions } from './spool-status.ts';

interface RetryOptions extends SpoolOptions {
  readonly force?: boolean | undefined;
}

/** `tradestore spool retry` */
export function addSpoolRetry(spool: Command, cli: Cli): void {
  spool
    .command('retry')
    .description(
      'put rows that the database refused back, behind all others: for when the table is mended; a candle that was ' +
        'stored meanwhile is kept',
    )
    .requiredOption(...DIRECTORY_OPTION)
    .option('--force', 'write them over what was stored meanwhile, as their writers would have')
    .addHelpText('after', example('tradestore spool retry --directory ./spool'))
    .action(
      cli.action<RetryOptions>(async ({ output, options, quote }) => {
        const { directory, force } = options;
        const { retryRefused } = await import('../../index.ts');
        const putBack = await retryRefused(directory, { force });
        const drain = quote(`spool drain --directory ${shellWord(directory)}`);
        output.result({ putBack }, () =>
          putBack === 0
            ? 'Nothing to do: no row was refused.'
            : `Put ${plural(putBack, 'row')} back; ${printable(drain)}, or the next writer there, stores them.`,
        );
        return 0;
      }),
    );
}
