import Table from 'cli-table3';
import type { Grid } from './rows.ts';

/** A table for people at a terminal. */
export function terminalTable({ title, head, rows, remarks }: Grid): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return ['', title, table.toString(), ...remarks, ''].join('\n');
}
