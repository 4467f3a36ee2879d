import type { Command } from 'commander';
import type { DatabaseStats } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { formatBytes, formatCount } from '../format.ts';
import { newCommand } from '../new-command.ts';
import { oneLine, withErrorJson } from '../report-error.ts';
import { renderTable } from '../table.ts';

const COUNTS = [
  ['candles', 'candleCount', 'candles'],
  ['raw messages', 'rawTradeCount', 'rawTrades'],
  ['bots', 'botCount', 'bots'],
] as const;

export function addStats(program: Command, cli: Cli): void {
  newCommand(
    program,
    'stats',
    'count what is stored; a count that would take too long is estimated and marked',
    'tradestore stats',
    'tradestore stats --json',
  ).action(
    cli.databaseAction(async ({ output }, db) => {
      const stats = await db.getStats();
      if (stats.error !== null && stats.candleCount === null && !output.json) {
        // a table without figures would be of no use
        throw stats.error;
      }
      output.result(withErrorJson(stats), () => renderStats(stats));
      if (stats.error !== null) {
        output.remark(`tradestore: ${oneLine(stats.error.message)}`);
      }
      return stats.healthy ? 0 : FAILED;
    }),
  );
}

export function renderStats(stats: DatabaseStats): string {
  const rows = COUNTS.map(([name, field, table]) => {
    const estimated = stats.estimated.includes(field);
    const bytes = stats.tableSizesBytes[table];
    const count = stats[field];
    return [
      name,
      count === null ? '-' : `${estimated ? '≈ ' : ''}${formatCount(count)}`,
      bytes === null ? '' : formatBytes(bytes),
      estimated ? 'estimated' : '',
    ];
  });
  const size = stats.sizeOnDiskBytes;
  const lines = [...rows, ['in all', '', size === null ? '-' : formatBytes(size), '']];
  const head = ['stored', 'count', 'on disk', 'note'];
  const shown = stats.estimated.length > 0 ? 4 : 3;
  return renderTable(
    head.slice(0, shown),
    lines.map((line) => line.slice(0, shown)),
    [1, 2],
  );
}
