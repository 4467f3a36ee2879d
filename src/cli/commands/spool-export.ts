import { once } from 'node:events';
import type { Command } from 'commander';
import type { Cli, Context } from '../cli.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';
import { writeLine } from '../output.ts';
import { DIRECTORY_OPTION, type SpoolOptions } from './spool-status.ts';

/** `tradestore spool export` */
export function addSpoolExport(spool: Command, cli: Cli): void {
  spool
    .command('export')
    .description(
      'write what a spool holds to standard output, a JSON object a line: kind, forceUpdate, at, refused, and row as ' +
        'upsertCandles() or insertMany() take it; takes nothing out, and needs no database',
    )
    .requiredOption(...DIRECTORY_OPTION)
    .addHelpText('after', example('tradestore spool export --directory ./spool > rows.jsonl'))
    .action(cli.action<SpoolOptions>(runExport));
}

async function runExport({ host, options, output }: Context<SpoolOptions>): Promise<number> {
  const { stdout } = host;
  let rows = 0;
  const { readSpool } = await import('../../index.ts');
  for await (const row of readSpool(options.directory)) {
    // a reader that has seen enough closes the pipe
    if (stdout.destroyed || stdout.writableEnded) {
      break;
    }
    if (!writeLine(stdout, JSON.stringify(row))) {
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => undefined);
    }
    rows += 1;
  }
  output.remark(`tradestore: exported ${plural(rows, 'row')}`);
  return 0;
}
