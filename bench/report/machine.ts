import { cpus, totalmem } from 'node:os';
import type { RunResult } from './result.ts';

/** The machine that the figures come from, without anything that identifies it. */
export function describeMachine(): RunResult['machine'] {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${process.arch}`,
  };
}
