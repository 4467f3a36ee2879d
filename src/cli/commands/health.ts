import type { Command } from 'commander';
import type { HealthReport } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { newCommand } from '../new-command.ts';
import { oneLine, withErrorJson } from '../report-error.ts';
import { renderTable } from '../table.ts';

export function addHealth(program: Command, cli: Cli): void {
  newCommand(
    program,
    'health',
    'check the database: latency, version, pending migrations; exit code 1 if it is unhealthy',
    'tradestore health',
    'tradestore health --json',
  ).action(
    cli.databaseAction(async ({ output, quote }, db) => {
      const report = await db.health();
      output.result(withErrorJson(report), () => renderHealth(report, quote('migrate up')));
      if (report.error !== null) {
        output.remark(`tradestore: ${oneLine(report.error.message)}`);
      }
      return report.healthy ? 0 : FAILED;
    }),
  );
}

/** The report as text; `migrate` is the command that runs pending migrations. */
export function renderHealth(report: HealthReport, migrate: string): string {
  const { pool, pendingMigrations: pending, readOnly, replicationLagSeconds: lag } = report;
  const rows = [
    ['healthy', report.healthy ? 'yes' : 'no'],
    ['server', server(report)],
    ['latency', report.latencyMs === null ? '-' : `${report.latencyMs.toFixed(1)} ms`],
    ['takes writes', readOnly === null ? '-' : readOnly ? 'no: it is read-only' : 'yes'],
    ['migrations', migrations(pending, migrate)],
    ['connections', `${pool.size} open, ${pool.free} free, ${pool.pending} waiting`],
    ...(lag === null ? [] : [['replication lag', `${lag} s`]]),
  ];
  return renderTable(['health', 'state'], rows);
}

function server({ server, version, error }: HealthReport): string {
  if (server !== null) {
    return `${server} ${version ?? ''}`.trim();
  }
  // a server that refuses a login has answered
  return error?.kind === 'access-denied' ? 'refused' : 'no answer';
}

function migrations(pending: readonly string[] | null, migrate: string): string {
  if (pending === null) {
    return '-';
  }
  return pending.length === 0 ? 'up to date' : `${pending.length} pending; run ${migrate}`;
}
