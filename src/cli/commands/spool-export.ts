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
      'print the rows of a spool as JSON lines (kind, forceUpdate, at, refused, and row as upsertCandles() or ' +
        'insertMany() accept it); removes nothing and needs no database',
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
    // a reader closes the pipe when it has read enough
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
