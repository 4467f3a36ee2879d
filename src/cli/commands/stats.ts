import type { Command } from 'commander';
import type { DatabaseStats } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { example } from '../example.ts';
import { formatBytes, formatCount } from '../format.ts';
import { errorJson, oneLine } from '../report-error.ts';
import { renderTable } from '../table.ts';

const COUNTS = [
  ['candles', 'candleCount', 'candles'],
  ['raw messages', 'rawTradeCount', 'rawTrades'],
  ['bots', 'botCount', 'bots'],
] as const;

/** `tradestore stats` */
export function addStats(program: Command, cli: Cli): void {
  program
    .command('stats')
    .description('count what is stored; a count that would take too long is estimated and marked')
    .addHelpText('after', example('tradestore stats', 'tradestore stats --json'))
    .action(
      cli.databaseAction(async ({ output }, db) => {
        const stats = await db.getStats();
        if (stats.error !== null && stats.candleCount === null && !output.json) {
          // a table without figures would be of no use
          throw stats.error;
        }
        output.result(statsJson(stats), () => renderStats(stats));
        if (stats.error !== null) {
          output.remark(`tradestore: ${oneLine(stats.error.message)}`);
        }
        return stats.healthy ? 0 : FAILED;
      }),
    );
}

/** The counts as JSON. */
export function statsJson({ error, ...stats }: DatabaseStats): object {
  return { ...stats, error: errorJson(error) };
}

/** The counts as text. */
export function renderStats(stats: DatabaseStats): string {
  const rows = COUNTS.map(([name, field, table]) => {
    const estimated = stats.estimated.includes(field);
    const bytes = stats.tableSizesBytes[table];
    return {
      name,
      count: known(stats[field], (count) => `${estimated ? '≈ ' : ''}${formatCount(count)}`),
      size: bytes === null ? '' : formatBytes(bytes),
      note: estimated ? 'estimated' : '',
    };
  });
  type Line = { name: string; count: string; size: string; note: string };
  return renderTable<Line>(
    [
      { head: 'stored', value: ({ name }) => name },
      { head: 'count', align: 'right', value: ({ count }) => count },
      { head: 'on disk', align: 'right', value: ({ size }) => size },
      ...(stats.estimated.length > 0 ? [{ head: 'note', value: ({ note }: Line) => note }] : []),
    ],
    [...rows, { name: 'in all', count: '', size: known(stats.sizeOnDiskBytes, formatBytes), note: '' }],
  );
}

function known(figure: number | null, show: (figure: number) => string): string {
  return figure === null ? '-' : show(figure);
}
