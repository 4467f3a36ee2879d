import { once } from 'node:events';
import type { Command } from 'commander';
import type { DatabaseOperations, SpoolFileStatus } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli, Context } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { confirmDeletion, YES_OPTION, type YesOption } from '../confirm.ts';
import { formatBytes, formatCount, formatTime, plural } from '../format.ts';
import { newCommand } from '../new-command.ts';
import { writeLine } from '../output.ts';
import { renderTable } from '../table.ts';
import { shellWord } from '../typed-command.ts';

interface SpoolOptions {
  readonly directory: string;
}

interface DrainOptions extends SpoolOptions {
  readonly otherDatabase?: boolean | undefined;
  readonly setAside?: boolean | undefined;
}

export function addSpool(program: Command, cli: Cli): void {
  const spool = newCommand(
    program,
    'spool',
    'inspect, drain, export, retry or discard rows that writers kept on a local disk while the database was away',
    'tradestore spool status --directory ./spool',
    'tradestore spool drain --directory ./spool',
  );
  const add = (name: string, description: string, ...examples: readonly string[]): Command =>
    newCommand(spool, name, description, ...examples).requiredOption(
      '--directory <path>',
      'directory of the spool, as given to the writers',
    );
  add(
    'status',
    'show what a spool holds; needs no database and does not disturb a process that uses the spool',
    'tradestore spool status --directory ./spool',
    'tradestore spool status --directory ./spool --json',
  ).action(
    cli.action<SpoolOptions>(async ({ output, options }) => {
      const { spoolStatus } = await import('../../index.ts');
      const status = await spoolStatus(options.directory);
      output.result(status, () => renderSpool(status));
      return 0;
    }),
  );
  add(
    'drain',
    'store the rows of a spool that no process is using; exit code 1 if rows are left',
    'tradestore spool drain --directory ./spool',
    'tradestore spool drain --directory ./spool --database mysql://user:password@host/market',
  )
    .option(
      '--other-database',
      'also drain rows that were spooled for another database, or for this one under another name',
    )
    .option('--set-aside', 'set refused rows aside even if the database accepts none at all')
    .action(cli.connectedAction<DrainOptions>(runDrain));
  add(
    'export',
    'print the rows of a spool as JSON lines (kind, forceUpdate, at, refused, and row as upsertCandles() or ' +
      'insertMany() accept it); removes nothing and needs no database',
    'tradestore spool export --directory ./spool > rows.jsonl',
  ).action(cli.action<SpoolOptions>(runExport));
  add(
    'retry',
    'put rows that the database refused back, behind all other rows, once the table is repaired; candles that were ' +
      'stored in the meantime are kept',
    'tradestore spool retry --directory ./spool',
  )
    .option('--force', 'overwrite what was stored in the meantime, as the writers would have done')
    .action(
      cli.action<SpoolOptions & { readonly force?: boolean }>(async ({ output, options, quote }) => {
        const { directory, force } = options;
        const { retryRefused } = await import('../../index.ts');
        const putBack = await retryRefused(directory, { force });
        const drain = quote(`spool drain --directory ${shellWord(directory)}`);
        output.result({ putBack }, () =>
          putBack === 0
            ? 'Nothing to do: no row was refused.'
            : `Put ${plural(putBack, 'row')} back; ${printable(drain)}, or the next writer there, stores them.`,
        );
        return 0;
      }),
    );
  add(
    'discard',
    'delete the rows that the database refused, for good; export shows them first',
    'tradestore spool discard --directory ./spool --yes',
  )
    .option(...YES_OPTION)
    .action(
      cli.action<SpoolOptions & YesOption>(async (context) => {
        const { discardRefused, spoolStatus } = await import('../../index.ts');
        const { directory, refused } = await spoolStatus(context.options.directory);
        if (refused > 0) {
          const warning = `This drops ${plural(refused, 'refused row')} of ${directory}.`;
          await confirmDeletion(context, 'spool discard', 'nothing was dropped', async () => warning);
        }
        const discarded = await discardRefused(directory);
        context.output.result({ discarded }, () =>
          discarded === 0 ? 'Nothing to do: no row was refused.' : `Dropped ${plural(discarded, 'row')}.`,
        );
        return 0;
      }),
    );
}

async function runDrain(context: Context<DrainOptions>, db: DatabaseOperations): Promise<number> {
  const { output, options } = context;
  const { directory, otherDatabase, setAside } = options;
  const { Progress } = await import('../progress.ts');
  const { spoolStatus } = await import('../../index.ts');
  const { bytes: totalBytes, rows } = await spoolStatus(directory);
  using interruption = context.interruption(db);
  const { signal } = interruption;
  using bar = new Progress(context, { label: 'Draining', unit: 'rows', totalBytes, signal });
  const report = await db.drainSpool({
    directory,
    otherDatabase,
    setAside,
    signal,
    onProgress: (drained) => bar.update(rows === 0 ? 0 : (totalBytes * drained) / rows, drained),
  });
  const { drained, refused, left } = report;
  const outcome = rows === 0 ? 'Nothing to do: the spool is empty.' : `Drained ${plural(drained, 'row')}.`;
  output.result(
    { ...report, interrupted: interruption.exitCode !== undefined },
    () => `${outcome}${left === 0 ? '' : ` ${plural(left, 'row')} left.`}`,
  );
  if (refused > 0) {
    output.remark(
      `tradestore: the database refused ${plural(refused, 'row')}, which stay in the spool; ${context.quote(`spool export --directory ${shellWord(directory)}`)} shows why, and spool retry puts them back`,
    );
  }
  return interruption.exitCode ?? (left + refused > 0 ? FAILED : 0);
}

async function runExport({ host: { stdout }, options, output }: Context<SpoolOptions>): Promise<number> {
  let rows = 0;
  const { readSpool } = await import('../../index.ts');
  for await (const row of readSpool(options.directory)) {
    // a reader closes the pipe when it has read enough
    if (stdout.destroyed || stdout.writableEnded) {
      break;
    }
    if (!writeLine(stdout, JSON.stringify(row))) {
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => undefined);
    }
    rows += 1;
  }
  output.remark(`tradestore: exported ${plural(rows, 'row')}`);
  return 0;
}

function renderSpool({ directory, database, rows, bytes, oldest, refused, usedBy }: SpoolFileStatus): string {
  const advice = 'spool export shows why, spool retry puts them back, spool discard deletes them';
  const lines = [
    ['directory', directory],
    ['belongs to', database ?? '-'],
    ['rows', formatCount(rows)],
    ['size', formatBytes(bytes)],
    ['oldest', formatTime(oldest)],
    ['refused', refused === 0 ? 'none' : `${formatCount(refused)}; ${advice}`],
    ['in use by', usedBy ?? 'nobody'],
  ];
  return renderTable(['spool', 'state'], lines);
}
