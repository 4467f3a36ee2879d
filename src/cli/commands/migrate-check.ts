import type { Command } from 'commander';
import type { MigrationCheck } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { example } from '../example.ts';

/** `tradestore migrate check` */
export function addMigrateCheck(migrate: Command, cli: Cli): void {
  migrate
    .command('check')
    .description('compare the tables with what this version expects; exit code 1 if they differ')
    .addHelpText('after', example('tradestore migrate check && echo the tables are as they should be'))
    .action(
      cli.connectedAction(
        async ({ output, quote }, db) => {
          const check = await db.migrations.check();
          output.result(check, () => render(check, quote('migrate up')));
          return check.ok ? 0 : FAILED;
        },
        { autoMigrate: false },
      ),
    );
}

function render({ ok, pending, differences }: MigrationCheck, migrate: string): string {
  if (ok) {
    return 'The tables are as this version expects them.';
  }
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${printable(line)}`)];
  return [
    ...list(`Pending migrations (run ${migrate}):`, pending),
    ...list('Statements that would make the tables what this version expects:', differences),
  ].join('\n');
}
