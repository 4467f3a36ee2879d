import type { UpsertCounts } from './write/upsert-statement.ts';

/** The outcome of a batch, as a line of the log. */
export function counted(rows: number, what: string, { inserted, updated, unchanged }: UpsertCounts): string {
  return `stored ${rows} ${what}: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged`;
}
