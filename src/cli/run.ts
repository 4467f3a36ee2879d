import { CommanderError } from 'commander';
import { Cli } from './cli.ts';
import type { Host } from './host.ts';
import { writeLine } from './output.ts';
import { makeProgram } from './program.ts';
import { describeError, exitCodeOf } from './report-error.ts';

/**
 * Runs one command.
 *
 * @param args the arguments behind the name of the program
 * @returns the exit code: 0, 1 for a failure, 2 for a wrong call, 130 or 143 after a signal
 */
export async function run(args: readonly string[], host: Host): Promise<number> {
  const cli = new Cli(host);
  try {
    await makeProgram(cli).parseAsync([...args], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    // commander itself has reported what is wrong with the call
    if (!(error instanceof CommanderError)) {
      writeLine(host.stderr, describeError(error, args.includes('--verbose')));
    }
    return exitCodeOf(error);
  }
}
