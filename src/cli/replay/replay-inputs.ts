import type { DatabaseOperations } from '../../index.ts';
import { FAILED, storedSoFar } from '../cli-error.ts';
import { plural } from '../format.ts';
import type { Host } from '../host.ts';
import { type InputFile, totalBytes } from '../input-file.ts';
import type { Interruption } from '../interruption.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { CaptureReplay } from './capture-replay.ts';

/** What a replay needs besides the files. */
export interface ReplaySetting {
  readonly host: Host;
  readonly output: Output;
  readonly interruption: Interruption;
  readonly exchange?: string | undefined;
  readonly storeAs?: string | undefined;
  /** Shows the bar from the start. @default false */
  readonly alwaysBar?: boolean | undefined;
}

/** Replays captures with a progress bar. */
export async function replayInputs(
  db: DatabaseOperations,
  files: readonly InputFile[],
  { host, output, interruption, exchange, storeAs, alwaysBar }: ReplaySetting,
): Promise<CaptureReplay> {
  using bar = new Progress(host, {
    label: 'Replaying',
    unit: 'messages',
    totalBytes: totalBytes(files),
    json: output.json,
    signal: interruption.signal,
    always: alwaysBar,
  });
  const replay = new CaptureReplay(db, {
    exchange,
    storeAs,
    signal: interruption.signal,
    progress: (bytes, messages) => bar.update(bytes, messages),
  });
  try {
    await replay.run(files);
  } catch (error) {
    throw storedSoFar(error, replay.counts.messages.read, 'message');
  }
  return replay;
}

/** The result as JSON. */
export function replayJson(files: readonly InputFile[], replay: CaptureReplay, interrupted: boolean): object {
  const { counts, problems, series } = replay;
  return {
    files: files.map(({ name }) => name),
    ...counts,
    interrupted,
    problems: problems.first,
    skipped: series.skipped,
  };
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
