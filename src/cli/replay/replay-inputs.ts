import type { DatabaseOperations } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Context } from '../cli.ts';
import { FAILED, storedSoFar } from '../cli-error.ts';
import { formatCount, plural } from '../format.ts';
import { type InputFile, totalBytes } from '../input-file.ts';
import type { Interruption } from '../interruption.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { renderTable } from '../table.ts';
import { CaptureReplay, type ReplayCounts } from './capture-replay.ts';

/** What a replay needs besides the files. */
export interface ReplaySetting {
  readonly interruption: Interruption;
  readonly exchange?: string | undefined;
  readonly storeAs?: string | undefined;
  /** Shows the bar from the start. @default false */
  readonly alwaysBar?: boolean | undefined;
}

export async function replayInputs(
  context: Pick<Context, 'host' | 'output'>,
  db: DatabaseOperations,
  files: readonly InputFile[],
  { interruption: { signal }, exchange, storeAs, alwaysBar: always }: ReplaySetting,
): Promise<CaptureReplay> {
  const bytes = totalBytes(files);
  using bar = new Progress(context, { label: 'Replaying', unit: 'messages', totalBytes: bytes, signal, always });
  const progress = (bytesRead: number, messages: number): void => bar.update(bytesRead, messages);
  const replay = new CaptureReplay(db, { exchange, storeAs, signal, progress });
  try {
    await replay.run(files);
  } catch (error) {
    throw storedSoFar(error, replay.counts.messages.read, 'message');
  }
  return replay;
}

export function replayJson(files: readonly InputFile[], replay: CaptureReplay, interrupted: boolean): object {
  const { counts, problems, series } = replay;
  const names = files.map(({ name }) => name);
  return { files: names, ...counts, interrupted, problems: problems.first, skipped: series.skipped };
}

/** The exit code. If it is not 0, a message says why. */
export function replayExitCode(
  { problems, counts }: CaptureReplay,
  { exitCode }: Interruption,
  output: Output,
): number {
  if (exitCode === undefined && problems.count > 0) {
    const rejected = problems.count - counts.broken;
    const parts = [
      ...(counts.broken > 0 ? [plural(counts.broken, 'broken line')] : []),
      ...(rejected > 0 ? [`${plural(rejected, 'rejected row')}`] : []),
    ];
    output.remark(`tradestore: everything is stored except ${parts.join(' and ')}; look at them in the capture`);
  }
  return exitCode ?? (problems.count > 0 ? FAILED : 0);
}

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
