import type { Command } from 'commander';
import type { SpoolFileStatus } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import { renderTable } from '../table.ts';

/** The option that every command on a spool has. */
export const DIRECTORY_OPTION = ['--directory <path>', 'directory of the spool, as given to the writers'] as const;

/** The value of that option. */
export interface SpoolOptions {
  readonly directory: string;
}

/** `tradestore spool status` */
export function addSpoolStatus(spool: Command, cli: Cli): void {
  spool
    .command('status')
    .description('show what a spool holds; needs no database and does not disturb a process that uses the spool')
    .requiredOption(...DIRECTORY_OPTION)
    .addHelpText(
      'after',
      example('tradestore spool status --directory ./spool', 'tradestore spool status --directory ./spool --json'),
    )
    .action(
      cli.action<SpoolOptions>(async ({ output, options }) => {
        const { spoolStatus } = await import('../../index.ts');
        const status = await spoolStatus(options.directory);
        output.result(status, () => renderSpool(status));
        return 0;
      }),
    );
}

/** The status as text. */
export function renderSpool({ directory, database, rows, bytes, oldest, refused, usedBy }: SpoolFileStatus): string {
  const lines: [string, string][] = [
    ['directory', directory],
    ['belongs to', database ?? '-'],
    ['rows', formatCount(rows)],
    ['size', formatBytes(bytes)],
    ['oldest', formatTime(oldest)],
    [
      'refused',
      refused === 0
        ? 'none'
        : `${formatCount(refused)}; spool export shows why, spool retry puts them back, spool discard deletes them`,
    ],
    ['in use by', usedBy ?? 'nobody'],
  ];
  return renderTable<[string, string]>(
    [
      { head: 'spool', value: ([name]) => name },
      { head: 'state', value: ([, value]) => value },
    ],
    lines,
  );
}
