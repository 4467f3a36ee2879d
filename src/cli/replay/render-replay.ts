import { printable } from '../../text/printable.ts';
import { formatCount, plural } from '../format.ts';
import { renderTable } from '../table.ts';
import type { CaptureReplay, ReplayCounts } from './capture-replay.ts';

export function renderReplay(
  { counts, problems, series }: Pick<CaptureReplay, 'counts' | 'problems' | 'series'>,
  interrupted: boolean,
): string {
  return [
    ...(problems.count > 0 ? [`Not stored:\n${problems.render()}\n`] : []),
    renderTable(['capture', 'count', 'outcome'], rowsOf(counts), [1]),
    ...series.skipped.map(({ reason, rows }) => `skipped ${plural(rows, 'candle row')} of ${printable(reason)}`),
    '',
    verdict(counts, interrupted),
  ].join('\n');
}

function rowsOf(counts: ReplayCounts): string[][] {
  const { messages, candleRows, dataTypes } = counts;
  const { inserted, updated, unchanged } = candleRows;
  const rows: [string, number, string][] = [
    ['lines', counts.lines, ''],
    ['messages', messages.read, list({ stored: messages.stored, 'already stored': messages.alreadyStored }, messages)],
    ...Object.entries(dataTypes).map(([type, { messages: count, items }]): [string, number, string] => [
      `  ${type}`,
      count,
      items === count ? '' : `${formatCount(items)} in them`,
    ]),
    ['candle rows', candleRows.read, list({ inserted, updated, unchanged }, candleRows)],
    ['control', counts.control, 'responses to subscriptions, heartbeats'],
    ['other lines', counts.transport + counts.empty, 'connections, empty lines'],
    ['broken', counts.broken, counts.broken === 0 ? '' : 'skipped'],
  ];
  return rows.map(([name, count, outcome]) => [name, formatCount(count), outcome]);
}

/** The parts of a count: the usual ones always, the unusual ones only if they are not zero. */
function list(usual: Record<string, number>, counts: { readonly rejected: number; readonly skipped?: number }): string {
  const unusual = Object.entries({ rejected: counts.rejected, skipped: counts.skipped ?? 0 }).filter(([, n]) => n > 0);
  return [...Object.entries(usual), ...unusual].map(([name, count]) => `${formatCount(count)} ${name}`).join(', ');
}

function verdict({ messages, candleRows }: ReplayCounts, interrupted: boolean): string {
  const nothingNew = messages.stored === 0 && candleRows.inserted === 0 && candleRows.updated === 0;
  if (interrupted) {
    const stored = `${plural(messages.stored, 'message')} and ${plural(candleRows.inserted, 'candle')}`;
    return `Interrupted: ${stored} were stored.\nRun the same command again for the rest; nothing is stored twice.`;
  }
  if (messages.read === 0) {
    return 'There were no messages with data.';
  }
  if (nothingNew && messages.alreadyStored === messages.read) {
    return 'Everything was already stored: this replay changed nothing.';
  }
  return `Stored ${plural(messages.stored, 'message')} and ${plural(candleRows.inserted, 'new candle')}.`;
}
