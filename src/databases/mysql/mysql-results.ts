import type { LoadResult, Row, StatementResult } from '../physical-connection.ts';
import { wholeNumber } from './mysql-values.ts';
import { isHeader } from './mysql2.ts';

/** What the driver says a statement did. */
export function toStatementResult(result: unknown): StatementResult {
  if (isHeader(result)) {
    const insertId = wholeNumber(String(result.insertId));
    const { affectedRows: affected, warningStatus: warnings, info } = result;
    return { rows: [], affected, warnings, insertId, updated: duplicatesOf(info) };
  }
  return { rows: Array.isArray(result) ? (result as Row[]) : [], affected: 0 };
}

/** The numbers of "Records: 3  Deleted: 0  Skipped: 1  Warnings: 1"; the words depend on the server's language. */
export function toLoadResult(result: unknown): LoadResult {
  const numbers = isHeader(result) ? [...result.info.matchAll(/\d+/g)].map(Number) : [];
  const [records = 0, , skipped = 0, warnings = 0] = numbers;
  return { records, skipped, warnings };
}

/** The second number of "Records: 3  Duplicates: 1  Warnings: 0"; the words depend on the server's language. */
function duplicatesOf(info: string | undefined): number | undefined {
  const duplicates = /\d+\D+(\d+)/.exec(info ?? '')?.[1];
  return duplicates === undefined ? undefined : Number(duplicates);
}
