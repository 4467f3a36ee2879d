import type { UpsertCounts } from './write/upsert-statement.ts';

const PLAIN = /^[!-~]+$/;

/** A name in a line of the log: what a terminal would act on is written out. */
export function named(name: string): string {
  return PLAIN.test(name)
    ? name
    : JSON.stringify(name).replace(/\p{C}/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
}

/** What became of a batch, in a line of the log. */
export function counted(rows: number, what: string, { inserted, updated, unchanged }: UpsertCounts): string {
  return `stored ${rows} ${what}: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged`;
}
