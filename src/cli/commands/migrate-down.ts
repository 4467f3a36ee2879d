import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { failure, usageError } from '../cli-error.ts';
import { example } from '../example.ts';
import type { Host } from '../host.ts';
import { AS_IT_IS } from './migrate-options.ts';

const WARNING = 'This undoes the latest migration with all that is stored in its tables.';

/** `tradestore migrate down` */
export function addMigrateDown(migrate: Command, cli: Cli): void {
  migrate
    .command('down')
    .description('undo the latest migration, with all that is stored in its tables')
    .option('--yes', 'do it without asking')
    .addHelpText('after', example('tradestore migrate down --yes'))
    .action(
      cli.databaseAction<{ yes?: boolean }>(async ({ host, options, output }, db) => {
        if (options.yes !== true) {
          await confirm(host);
        }
        const undone = await db.migrations.down();
        output.result({ undone }, () =>
          undone.length === 0 ? 'Nothing to undo: no migration was run.' : `Undid ${undone.join(', ')}.`,
        );
        return 0;
      }, AS_IT_IS),
    );
}

async function confirm({ stdin, stderr }: Host): Promise<void> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw usageError(`migrate down destroys data, and nobody can be asked here; add --yes if it is meant`);
  }
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await prompt.question(`${WARNING} Go on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw failure('nothing was undone, since the answer was not yes');
    }
  } finally {
    prompt.close();
  }
}
