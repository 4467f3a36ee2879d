import type { DatabaseOperations } from '../../index.ts';
import type { Context } from '../cli.ts';
import { FAILED, storedSoFar } from '../cli-error.ts';
import { plural } from '../format.ts';
import { type InputFile, totalBytes } from '../input-file.ts';
import type { Interruption } from '../interruption.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { CaptureReplay } from './capture-replay.ts';

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
