import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import Table from 'cli-table3';

export const LEDGER_VARIABLE = 'FAULTS_LEDGER';

/** What became of the rows that were written during one fault on one server. */
export interface LedgerRow {
  readonly fault: string;
  readonly server: string;
  /** Rows that were acknowledged, later versions of a row included. */
  readonly acknowledged: number;
  /** Keys of those rows: what must be there in the end. */
  readonly rows: number;
  /** Those of them that are there as they were acknowledged last. */
  readonly stored: number;
  readonly duplicated: number;
  readonly lost: number;
  /** Those of the lost that hold an earlier version than was acknowledged last. */
  readonly replaced: number;
  /** Attempts that had to be made again. */
  readonly retried: number;
  /** Errors that callers saw. */
  readonly errors: number;
  readonly seconds: number;
}

/** Notes a row for the table at the end of the run. */
export function noteInLedger(row: LedgerRow): void {
  const file = process.env[LEDGER_VARIABLE];
  if (file !== undefined) {
    appendFileSync(file, `${JSON.stringify(row)}\n`);
  }
}

/** Prints what the tests have noted. */
export function printLedger(file: string): void {
  if (!existsSync(file)) {
    return;
  }
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line): LedgerRow => JSON.parse(line))
    .sort((a, b) => a.fault.localeCompare(b.fault) || a.server.localeCompare(b.server));
  const figures = [
    'acknowledged',
    'rows',
    'stored',
    'duplicated',
    'lost',
    'replaced',
    'retried',
    'errors',
    'seconds',
  ] as const;
  const table = new Table({
    head: ['fault', 'server', ...figures],
    colAligns: ['left', 'left', ...figures.map(() => 'right' as const)],
    style: { head: [], border: [] },
  });
  table.push(
    ...rows.map((row) => [row.fault, row.server, ...figures.map((figure) => row[figure].toLocaleString('en'))]),
  );
  console.log(table.toString());
}
