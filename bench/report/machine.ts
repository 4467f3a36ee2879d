import { cpus, totalmem } from 'node:os';
import type { RunResult } from './result.ts';

/** What the figures were made on, without what would tell whose it is. */
export function describeMachine(): RunResult['machine'] {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${process.arch}`,
  };
}
