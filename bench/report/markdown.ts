import type { RunResult } from './result.ts';
import { type Grid, gridsOf } from './rows.ts';

/** The results as a page: what they were measured on, then every table. */
export function markdownOf(result: RunResult): string {
  const { server, serverVersion, machine, settings, storage, options, versions, contestants, notInstalled } = result;
  const list = (entries: Readonly<Record<string, string>>) =>
    Object.entries(entries)
      .map(([name, value]) => `\`${name}\` ${value === '' ? 'empty' : value}`)
      .join(', ');
  return [
    `# ${server === 'mysql' ? 'MySQL' : 'MariaDB'} ${serverVersion}`,
    '',
    `Made by \`npm run bench\` on ${result.date.slice(0, 10)}: ${options.size} size, median of ${options.repeats}. How to read it: [README](../README.md).`,
    '',
    `- Machine: ${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, ${machine.system}; client and server share it.`,
    `- The server's data is in ${storage === 'disk' ? 'files on a disk' : 'memory'}. Its settings: ${list(settings)}.`,
    `- Versions: ${list(versions)}.`,
    '',
    `![Speed of each contender, by work](${server}.svg)`,
    '',
    ...gridsOf(result).flatMap(markdownTable),
    '## Contenders',
    '',
    '| | uses |',
    '|---|---|',
    ...contestants.map(({ name, how }) => `| ${name} | ${how} |`),
    ...Object.entries(notInstalled).map(([name, reason]) => `| ${name} | not installed: ${reason} |`),
    '',
  ].join('\n');
}

function markdownTable({ title, head, rows, remarks }: Grid): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [`## ${title}`, '', line(head), rule, ...rows.map(line), '', ...remarks.flatMap((remark) => [remark, ''])];
}
