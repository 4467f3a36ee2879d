import type { DatabaseOperations } from '../../index.ts';
import type { Context } from '../cli.ts';
import { FAILED, storedSoFar } from '../cli-error.ts';
import { formatCount, plural } from '../format.ts';
import { openInputs, totalBytes } from '../input-file.ts';
import type { Interruption } from '../interruption.ts';
import { Progress } from '../progress.ts';
import { renderTable } from '../table.ts';
import { CandleImport } from './import-files.ts';
import { importFromInput, type OverwriteOptions, planFile, type SeriesOptions } from './import-plan.ts';

const KEPT = '\nStored candles were kept, even open ones; --unless-closed updates open ones.';

export interface ImportOptions extends SeriesOptions, OverwriteOptions {
  readonly refused?: boolean | undefined;
}

/** Imports the files that the command names, or its standard input. @returns the exit code */
export async function runImport(context: Context<ImportOptions>, db: DatabaseOperations): Promise<number> {
  const { host, output, options, args } = context;
  const flags = [
    ...(options.force === true ? ['--force'] : []),
    ...(options.unlessClosed === true ? ['--unless-closed'] : []),
  ];
  const inputs = await openInputs(host, args, (name) => context.typed(importFromInput(name, options, flags)));
  const files = inputs.map((file) => planFile(file, options));
  using interruption = context.interruption(db);
  await interruption.orSooner(db.connect());
  const candles = await importFiles(context, db, files, totalBytes(inputs), interruption);
  const interrupted = interruption.exitCode !== undefined;
  const kept = flags.length === 0 && files.some(({ format }) => format !== 'spool');
  output.result(
    { files: files.map(({ file }) => file.name), ...candles.counts, interrupted, rejections: candles.problems.first },
    () => renderImport(candles, interrupted, kept),
  );
  if (candles.problems.count > 0 && !interrupted) {
    output.remark(`tradestore: ${plural(candles.problems.count, 'row')} rejected; correct them and import again`);
  }
  if (candles.leftOut > 0) {
    output.remark(`tradestore: ${plural(candles.leftOut, 'refused row')} skipped; --refused stores them too`);
  }
  return interruption.exitCode ?? (candles.problems.count > 0 ? FAILED : 0);
}

async function importFiles(
  context: Context<ImportOptions>,
  db: DatabaseOperations,
  files: readonly ReturnType<typeof planFile>[],
  bytes: number | undefined,
  { signal }: Interruption,
): Promise<CandleImport> {
  const { force, unlessClosed, refused = false } = context.options;
  const forceUpdate = force === true ? true : unlessClosed === true ? 'unless-closed' : false;
  using bar = new Progress(context, { label: 'Importing', unit: 'rows', totalBytes: bytes, signal });
  const progress = (bytesRead: number, rows: number): void => bar.update(bytesRead, rows);
  const candles = new CandleImport(db, { forceUpdate, refused, signal, progress });
  try {
    await candles.run(files);
  } catch (error) {
    throw storedSoFar(error, candles.counts.read, 'row');
  }
  return candles;
}

/** The result of an import, as text. @param kept whether stored candles were kept */
function renderImport(
  { counts, problems }: Pick<CandleImport, 'counts' | 'problems'>,
  interrupted: boolean,
  kept: boolean,
): string {
  const rows = Object.entries(counts).map(([name, count]) => [name, formatCount(count)]);
  return [
    ...(problems.count > 0 ? [`Rejected:\n${problems.render()}\n`] : []),
    renderTable(['rows', 'count'], rows, [1]),
    ...(kept && counts.unchanged > 0 ? [KEPT] : []),
    ...(interrupted ? ['\nInterrupted: what was read is stored. Run the same command again for the rest.'] : []),
    ...(counts.read === 0 && !interrupted ? ['\nThere were no rows.'] : []),
  ].join('\n');
}
