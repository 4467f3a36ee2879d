import type { Table } from '../entities/table.ts';
import { withProgress } from './progress.ts';
import type { RunOptions, Session } from './session.ts';
import { slicesOf } from './slices.ts';
import {
  type UpsertCounts,
  type UpsertMode,
  type UpsertRules,
  upsertCounts,
  upsertParameters,
  upsertStatement,
} from './upsert-statement.ts';

/** How a batch of rows is written. */
export interface BatchPlan<T extends object> {
  readonly mode: UpsertMode;
  /** All rows or none. */
  readonly atomic: boolean;
  tableOf(session: Session): Table<T>;
  rulesOf(table: Table<T>): UpsertRules;
  /** Is told of each row that the server would not take, which is then left out; without it, it is an error. */
  readonly leaveOut?: (row: T, excess: string) => void;
}

const NOTHING: UpsertCounts = { inserted: 0, updated: 0, unchanged: 0 };

/**
 * Writes rows, one statement a slice, each slice repeated by itself where that is needed: it is the same
 * statement with the same keys, so a second time changes nothing more.
 */
export async function writeRows<T extends object>(
  run: <R>(options: RunOptions, work: (session: Session) => Promise<R>) => Promise<R>,
  rows: readonly T[],
  plan: BatchPlan<T>,
): Promise<UpsertCounts> {
  if (rows.length === 0) {
    return NOTHING;
  }
  if (plan.atomic) {
    return run({ idempotent: true, atomic: true }, async (session) => {
      let counts = NOTHING;
      for (const slice of slicesOf(rows, plan.tableOf(session), session)) {
        counts = sum(counts, await writeSlice(session, slice, plan));
      }
      return counts;
    });
  }
  const slices = await run({ idempotent: true }, async (session) =>
    slicesOf(rows, plan.tableOf(session), session, plan.leaveOut),
  );
  let counts = NOTHING;
  for (const slice of slices) {
    try {
      counts = sum(counts, await run({ idempotent: true }, (session) => writeSlice(session, slice, plan)));
    } catch (error) {
      const done = counts.inserted + counts.updated + counts.unchanged;
      const progress = `${done} of ${rows.length} rows were written before, and writing the whole batch again is safe`;
      throw withProgress(error, progress, done > 0);
    }
  }
  return counts;
}

async function writeSlice<T extends object>(
  session: Session,
  slice: readonly T[],
  plan: BatchPlan<T>,
): Promise<UpsertCounts> {
  const table = plan.tableOf(session);
  const sql = upsertStatement(session.dialect, table, plan.mode, plan.rulesOf(table), slice.length);
  const result = await session.execute(sql, upsertParameters(table, slice));
  return upsertCounts(session.dialect, plan.mode, result, slice.length);
}

function sum(a: UpsertCounts, b: UpsertCounts): UpsertCounts {
  return { inserted: a.inserted + b.inserted, updated: a.updated + b.updated, unchanged: a.unchanged + b.unchanged };
}
