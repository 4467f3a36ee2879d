import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { DatabaseOperations } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli, Context } from '../cli.ts';
import { FAILED, usageError } from '../cli-error.ts';
import { plural } from '../format.ts';
import { type InputFile, openInputs } from '../input-file.ts';
import { newCommand } from '../new-command.ts';
import { packageFile, packageVersion } from '../package-root.ts';
import { captureExchangeOption } from '../replay/capture-exchange.ts';
import { withErrorJson } from '../report-error.ts';
import { lastCandles, renderCandles } from '../start/last-candles.ts';
import { START_COMMAND, type TypedCommand, typedCommand } from '../typed-command.ts';
import { renderHealth } from './health.ts';
import { renderStats } from './stats.ts';

/** A capture in the package, shown under this name: its path on this machine would not help. */
const SAMPLE_NAME = 'samples/okx-synthetic.ws';
/** The exchange of the sample's series: invented prices must never be mixed with real ones. */
const SAMPLE_EXCHANGE = 'synthetic';

const ON_A_SERVER = [
  'To do the same on MySQL or MariaDB:',
  '  export DATABASE_URL=mysql://user:password@localhost:3306/market',
  `  ${typedCommand('migrate up').text}`,
  `  ${START_COMMAND}`,
].join('\n');

interface StartOptions {
  readonly exchange?: string | undefined;
}

/** `tradestore start`: a first look at everything, on any database. */
export function addStart(program: Command, cli: Cli): void {
  newCommand(
    program,
    'start',
    'prepare the database, replay a capture into it (by default the synthetic sample) and show the result',
    'tradestore start',
    'tradestore start OKCOIN.ws.1.0 --database sqlite:./okcoin.db',
  )
    .argument('[capture...]', 'captures to replay instead of the sample')
    .addOption(captureExchangeOption())
    // it migrates by itself, so that it can report that
    .action(cli.databaseAction<StartOptions>(runStart, { autoMigrate: false }));
}

async function runStart(context: Context<StartOptions>, db: DatabaseOperations): Promise<number> {
  const { output } = context;
  const { files, ...exchange } = await filesToReplay(context);
  const { describeDatabase } = await import('../start/describe-database.ts');
  const database = describeDatabase(context.settings());
  using interruption = context.interruption(db);
  output.say(`tradestore ${packageVersion()} on ${printable(database)}\n`);
  const executed = await interruption.orSooner(db.migrations.up());
  if (executed === undefined) {
    return interruption.exitCode ?? FAILED;
  }
  output.say(
    executed.length === 0 ? 'Tables: up to date.' : `Tables: made by ${plural(executed.length, 'migration')}.`,
  );
  output.say(
    `Capture: ${printable(files.map(({ name }) => (exchange.storeAs === undefined ? name : `${SAMPLE_NAME} (synthetic: its prices are invented)`)).join(', '))}\n`,
  );
  const { renderReplay, replayExitCode, replayInputs, replayJson } = await import('../replay/replay-inputs.ts');
  const replay = await replayInputs(context, db, files, { interruption, ...exchange, alwaysBar: true });
  const interrupted = interruption.exitCode !== undefined;
  output.say(`${renderReplay(replay, interrupted)}\n`);
  const [health, stats] = [await db.health(), await db.getStats()];
  const candles = await lastCandles(db, replay.series.all);
  const report = {
    database,
    migrations: executed,
    replay: replayJson(files, replay, interrupted),
    health: withErrorJson(health),
    stats: withErrorJson(stats),
    candles,
  };
  output.result(report, () =>
    [
      renderHealth(health, context.quote('migrate up')),
      renderStats(stats),
      candles.length === 0
        ? 'This capture holds no candles.'
        : `The last candles of this capture\n\n${renderCandles(candles)}`,
      ...(health.server === 'SQLite' ? [ON_A_SERVER] : []),
    ].join('\n\n'),
  );
  return replayExitCode(replay, interruption, output) || (health.healthy ? 0 : FAILED);
}

interface Replayed {
  readonly files: readonly InputFile[];
  readonly exchange?: string | undefined;
  readonly storeAs?: string | undefined;
}

async function filesToReplay({ host, args, options, typed }: Context<StartOptions>): Promise<Replayed> {
  const { exchange } = options;
  const fromInput = (): TypedCommand =>
    typed(['start -', ...(exchange === undefined ? [] : ['--exchange', exchange])].join(' '));
  if (args.length > 0) {
    return { files: await openInputs(host, args, fromInput), exchange };
  }
  if (exchange !== undefined) {
    throw usageError(`--exchange is for captures that are named; the sample is stored as ${SAMPLE_EXCHANGE}`);
  }
  const sample = await openInputs(host, [fileURLToPath(new URL(SAMPLE_NAME, packageFile()))], fromInput);
  return { files: sample.map((file) => ({ ...file, name: SAMPLE_NAME })), storeAs: SAMPLE_EXCHANGE };
}
