import type { Command } from 'commander';
import type { DatabaseOperations } from '../../index.ts';
import type { Cli, Context } from '../cli.ts';
import { openInputs } from '../input-file.ts';
import { newCommand } from '../new-command.ts';
import { captureExchangeOption } from '../replay/capture-exchange.ts';

interface ReplayOptions {
  readonly exchange?: string | undefined;
}

export function addReplay(program: Command, cli: Cli): void {
  newCommand(
    program,
    'replay',
    'store a recorded websocket capture of OKX, OKCoin or Bitget: every message exactly as received, and its ' +
      'candles; replaying it again stores nothing twice',
    'tradestore replay OKX.ws.1.0',
    'tradestore replay recorded.ws --exchange okx --json',
  )
    .argument('<capture...>', 'captures to replay; - is standard input')
    .addOption(captureExchangeOption())
    .action(cli.databaseAction<ReplayOptions>(runReplay));
}

/** The command that replays a capture from standard input, which has no file name to derive the exchange from. */
function replayFromInput({ exchange }: ReplayOptions): string {
  return ['replay -', ...(exchange === undefined ? [] : ['--exchange', exchange])].join(' ');
}

async function runReplay(context: Context<ReplayOptions>, db: DatabaseOperations): Promise<number> {
  const { output, options, args } = context;
  const { renderReplay, replayExitCode, replayInputs, replayJson } = await import('../replay/replay-inputs.ts');
  const files = await openInputs(context.host, args, () => context.typed(replayFromInput(options)));
  using interruption = context.interruption(db);
  await interruption.orSooner(db.connect());
  const replay = await replayInputs(context, db, files, { interruption, exchange: options.exchange });
  const interrupted = interruption.exitCode !== undefined;
  output.result(replayJson(files, replay, interrupted), () => renderReplay(replay, interrupted));
  return replayExitCode(replay, interruption, output);
}
