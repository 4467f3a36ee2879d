import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { SEED_VARIABLE, STATEMENTS_VARIABLE } from './run-settings.ts';

// Usage: run.ts [--statements NUMBER] [--seed NUMBER]. Runs the fuzz of db.sql at length.

const { values } = parseArgs({ options: { statements: { type: 'string' }, seed: { type: 'string' } } });
const [statements, seed] = [Number(values.statements ?? 100_000), Number(values.seed ?? randomInt(2 ** 31))];
if (![statements, seed].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  throw new Error('--statements and --seed: expected whole numbers from 0');
}
console.log(
  `${statements} statements on each server; the same again: npm run test:fuzz -- --statements ${statements} --seed ${seed}`,
);
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', 'test/fuzz'],
  {
    stdio: 'inherit',
    env: { ...process.env, [STATEMENTS_VARIABLE]: String(statements), [SEED_VARIABLE]: String(seed) },
  },
);
process.exitCode = status ?? 1;
