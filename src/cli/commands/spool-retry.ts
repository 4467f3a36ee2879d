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
      'put rows that the database refused back, behind all other rows, once the table is repaired; candles that were ' +
        'stored in the meantime are kept',
    )
    .requiredOption(...DIRECTORY_OPTION)
    .option('--force', 'overwrite what was stored in the meantime, as the writers would have done')
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
