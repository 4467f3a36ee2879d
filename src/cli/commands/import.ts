import { type Command, Option } from 'commander';
import type { DatabaseOperations, ForceUpdate } from '../../index.ts';
import type { Cli, Context } from '../cli.ts';
import { FAILED, storedSoFar, usageError } from '../cli-error.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';
import { CandleImport } from '../import/import-files.ts';
import { FORMATS, importFromInput, planFile, type SeriesOptions } from '../import/import-plan.ts';
import { renderImport } from '../import/render-import.ts';
import { openInputs, totalBytes } from '../input-file.ts';
import type { Interruption } from '../interruption.ts';
import { Progress } from '../progress.ts';
import { timeframeOption } from './bot-options.ts';

interface ImportCommandOptions extends SeriesOptions {
  readonly force?: boolean | undefined;
  readonly unlessClosed?: boolean | undefined;
  readonly refused?: boolean | undefined;
}

/** `tradestore import` */
export function addImport(program: Command, cli: Cli): void {
  program
    .command('import')
    .description(
      "store candles from files: CSV as Binance publishes it (times in ms or µs), JSON as ccxt's fetchOHLCV returns it, " +
        'or candles and raw messages as spool export writes them',
    )
    .argument('<file...>', 'the files; - is standard input')
    .option('--exchange <exchange>', "the rows' exchange (binance, where the name is one of Binance's)")
    .option('--symbol <symbol>', "the exchange's own symbol (from a name such as BTCUSDT-1m-2025-01.csv)")
    .addOption(timeframeOption())
    .addOption(
      new Option('--format <format>', 'csv, ccxt or spool (from the extension .csv, .json or .jsonl)').choices([
        ...FORMATS,
      ]),
    )
    .addOption(new Option('--force', 'overwrite candles that are stored already').conflicts('unlessClosed'))
    .option('--refused', 'of an exported spool, store the rows that the database refused too')
    .option('--unless-closed', 'overwrite them, except that an open candle never replaces a closed one')
    .addHelpText(
      'after',
      example(
        'tradestore import BTCUSDT-1m-2025-01.csv',
        'tradestore import candles.json --exchange okx --symbol BTC-USDT --timeframe 1h --unless-closed',
      ),
    )
    .action(cli.databaseAction<ImportCommandOptions>(runImport));
}

async function runImport(context: Context<ImportCommandOptions>, db: DatabaseOperations): Promise<number> {
  const { host, output, options, args } = context;
  if (args.filter((name) => name === '-').length > 1) {
    throw usageError('standard input (-) can be read only once; name it once');
  }
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
  output.result(
    { files: files.map(({ file }) => file.name), ...candles.counts, interrupted, rejections: candles.problems.first },
    () => renderImport(candles.counts, { problems: candles.problems, interrupted, kept: flags.length === 0 }),
  );
  if (candles.problems.count > 0 && !interrupted) {
    output.remark(`tradestore: ${plural(candles.problems.count, 'row')} rejected; correct them and import again`);
  }
  if (candles.leftOut > 0) {
    output.remark(`tradestore: ${plural(candles.leftOut, 'refused row')} left out; --refused stores them too`);
  }
  return interruption.exitCode ?? (candles.problems.count > 0 ? FAILED : 0);
}

async function importFiles(
  { host, output, options }: Context<ImportCommandOptions>,
  db: DatabaseOperations,
  files: readonly ReturnType<typeof planFile>[],
  bytes: number | undefined,
  { signal }: Interruption,
): Promise<CandleImport> {
  const forceUpdate: ForceUpdate | undefined =
    options.force === true ? true : options.unlessClosed === true ? 'unless-closed' : undefined;
  using bar = new Progress(host, { label: 'Importing', unit: 'rows', totalBytes: bytes, json: output.json, signal });
  const candles = new CandleImport(db, {
    forceUpdate,
    refused: options.refused === true,
    signal,
    progress: (read, rows) => bar.update(read, rows),
  });
  try {
    await candles.run(files);
  } catch (error) {
    throw storedSoFar(error, candles.counts.read, 'row');
  }
  return candles;
}
