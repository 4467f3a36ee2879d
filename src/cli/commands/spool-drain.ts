import type { Command } from 'commander';
import type { DatabaseOperations } from '../../index.ts';
import type { Cli, Context } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';
import { shellWord } from '../typed-command.ts';
import { DIRECTORY_OPTION, type SpoolOptions } from './spool-status.ts';

interface DrainCommandOptions extends SpoolOptions {
  readonly otherDatabase?: boolean | undefined;
  readonly setAside?: boolean | undefined;
}

/** `tradestore spool drain` */
export function addSpoolDrain(spool: Command, cli: Cli): void {
  spool
    .command('drain')
    .description('store the rows of a spool that no process is using; exit code 1 if rows are left')
    .requiredOption(...DIRECTORY_OPTION)
    .option(
      '--other-database',
      'also drain rows that were spooled for another database, or for this one under another name',
    )
    .option('--set-aside', 'set refused rows aside even if the database accepts none at all')
    .addHelpText(
      'after',
      example(
        'tradestore spool drain --directory ./spool',
        'tradestore spool drain --directory ./spool --database mysql://user:password@host/market',
      ),
    )
    .action(cli.connectedAction<DrainCommandOptions>(runDrain));
}

async function runDrain(context: Context<DrainCommandOptions>, db: DatabaseOperations): Promise<number> {
  const { host, output, options } = context;
  const { Progress } = await import('../progress.ts');
  const { spoolStatus } = await import('../../index.ts');
  const { bytes: totalBytes, rows } = await spoolStatus(options.directory);
  using interruption = context.interruption(db);
  using bar = new Progress(host, {
    label: 'Draining',
    unit: 'rows',
    totalBytes,
    json: output.json,
    signal: interruption.signal,
  });
  const report = await db.drainSpool({
    directory: options.directory,
    otherDatabase: options.otherDatabase,
    setAside: options.setAside,
    signal: interruption.signal,
    onProgress: (drained) => bar.update(rows === 0 ? 0 : (totalBytes * drained) / rows, drained),
  });
  const { drained, refused, left } = report;
  output.result({ ...report, interrupted: interruption.exitCode !== undefined }, () =>
    [
      rows === 0 ? 'Nothing to do: the spool is empty.' : `Drained ${plural(drained, 'row')}.`,
      ...(left === 0 ? [] : [`${plural(left, 'row')} left.`]),
    ].join(' '),
  );
  if (refused > 0) {
    output.remark(
      `tradestore: the database refused ${plural(refused, 'row')}, which stay in the spool; ${context.quote(`spool export --directory ${shellWord(options.directory)}`)} shows why, and spool retry puts them back`,
    );
  }
  return interruption.exitCode ?? (left + refused > 0 ? FAILED : 0);
}
