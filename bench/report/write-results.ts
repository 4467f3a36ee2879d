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

/**
 * Writes a result as a page and a picture, and every sample as JSON. The samples go to `.cache`; the page and the
 * picture of a part of the benchmark go there too, so that they do not replace those of a whole run.
 */
export function writeResults(result: RunResult, complete: boolean): void {
  const results = complete ? kept : passing;
  mkdirSync(results, { recursive: true });
  mkdirSync(passing, { recursive: true });
  const samples = join(passing, `${result.server}.json`);
  const page = join(results, `${result.server}.md`);
  const picture = join(results, `${result.server}.svg`);
  writeFileSync(samples, `${JSON.stringify(result, undefined, 1)}\n`);
  writeFileSync(page, markdownOf(result));
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', chart, samples, picture], { stdio: 'inherit' });
  say(`written to ${[page, picture, samples].map((path) => relative(process.cwd(), path)).join(', ')}`);
}
