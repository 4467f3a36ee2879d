import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownOf } from './markdown.ts';
import type { RunResult } from './result.ts';
import { say } from './say.ts';

const kept = fileURLToPath(new URL('../results', import.meta.url));
const passing = fileURLToPath(new URL('../../.cache/bench-results', import.meta.url));
const chart = fileURLToPath(new URL('../chart.ts', import.meta.url));

/** Writes a result as data, as a page and as a picture; that of a part of the benchmark does not replace a whole one. */
export function writeResults(result: RunResult, complete: boolean): void {
  const results = complete ? kept : passing;
  mkdirSync(results, { recursive: true });
  const data = join(results, `${result.server}.json`);
  writeFileSync(data, `${JSON.stringify(result, undefined, 1)}\n`);
  writeFileSync(join(results, `${result.server}.md`), markdownOf(result));
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', chart, data], { stdio: 'inherit' });
  say(`written to ${relative(process.cwd(), data)}, .md and .svg`);
}
