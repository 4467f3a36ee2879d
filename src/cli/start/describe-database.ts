import { resolveTarget } from '../../config/target.ts';
import type { DatabaseOptions } from '../../index.ts';

/** Where the database is, without user and password. */
export function describeDatabase(settings: DatabaseOptions): string {
  const target = resolveTarget(settings, (key) => key, []);
  if (target === undefined) {
    return 'unknown';
  }
  if (target.kind === 'file') {
    return `sqlite:${target.path}`;
  }
  return `${target.socketPath ?? `${target.host}:${target.port}`}/${target.database}`;
}
