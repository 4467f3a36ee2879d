import { sleep } from '../async/waiting.ts';
import type { PoolState } from '../databases/pool/connection-pool.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { spoolCondition } from '../spool/spool.ts';
import type { SpoolState } from '../streams/row-spool.ts';
import type { Database } from './database.ts';
import { pendingOf } from './migrate.ts';

/** The state of the database at one moment. */
export interface HealthReport {
  /**
   * It answers, accepts writes and has no pending migration, and no spool of this instance is full or fails to drain.
   * A spool that is draining is healthy: `spools` shows what it still holds.
   */
  readonly healthy: boolean;
  /** Milliseconds until the answer came; `null` where none came. */
  readonly latencyMs: number | null;
  /** `MySQL`, `MariaDB` or `SQLite`; `null` where there was no answer. */
  readonly server: string | null;
  readonly version: string | null;
  readonly readOnly: boolean | null;
  readonly pool: PoolState;
  /** Names of the migrations that were not run; `null` where there was no answer. */
  readonly pendingMigrations: readonly string[] | null;
  /** Seconds a replica is behind; `null` where it is none, or may not say. */
  readonly replicationLagSeconds: number | null;
  /** The spools of this instance's writers. */
  readonly spools: readonly SpoolState[];
  /** Why there was no answer. */
  readonly error: DatabaseOperationError | null;
}

/** Inspects a database that answers. @internal */
export async function inspect(database: Database, spools: readonly SpoolState[]): Promise<HealthReport> {
  const { execute } = database.session();
  const start = performance.now();
  await database.probe();
  const latencyMs = Math.round((performance.now() - start) * 1000) / 1000;
  const info = await database.dialect.serverInfo(execute, database.settings);
  const pendingMigrations = await pendingOf(database);
  return {
    healthy: !info.readOnly && pendingMigrations.length === 0 && spools.every(({ error }) => error === null),
    latencyMs,
    ...info,
    pool: database.pool.state,
    pendingMigrations,
    spools,
    error: null,
  };
}

/** The report of a database that does not answer. */
export function unreachable(
  error: DatabaseOperationError,
  pool: PoolState,
  spools: readonly SpoolState[],
): HealthReport {
  return {
    healthy: false,
    latencyMs: null,
    server: null,
    version: null,
    readOnly: null,
    pool,
    pendingMigrations: null,
    replicationLagSeconds: null,
    spools,
    error,
  };
}

/** Inspects repeatedly. Yields the first report, then those that differ in more than figures. */
export async function* watch(
  look: () => Promise<HealthReport>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<HealthReport, void, undefined> {
  let last: string | undefined;
  while (!signal.aborted) {
    const report = await look();
    const { latencyMs: _ms, pool: _pool, replicationLagSeconds: _lag, error, spools, ...rest } = report;
    const state = JSON.stringify([rest, error?.kind, spools.map(spoolCondition)]);
    if (state !== last) {
      last = state;
      yield report;
    }
    await sleep(intervalMs, signal);
  }
}
