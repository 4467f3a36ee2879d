import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LEDGER_VARIABLE, printLedger } from './ledger.ts';
import { SEED_VARIABLE, SHORT_VARIABLE } from './run-settings.ts';

// Usage: run.ts [--short] [--seed NUMBER] [files and options of Jest]. Runs the faults suite and prints its ledger.

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean' }, seed: { type: 'string' }, testNamePattern: { type: 'string', short: 't' } },
  allowPositionals: true,
});
const seed = Number(values.seed ?? process.env[SEED_VARIABLE] ?? randomInt(2 ** 31));
if (!Number.isSafeInteger(seed) || seed < 0) {
  throw new Error('--seed (or FAULTS_SEED): expected a whole number from 0');
}
const short = values.short === true;
const folder = mkdtempSync(join(tmpdir(), 'tradestore-faults-'));
const ledger = join(folder, 'ledger');
const again = `npm run test:faults --${short ? ' --short' : ''} --seed ${seed}`;
console.log(
  `${short ? 'the short form' : 'the whole'} of the faults suite with the seed ${seed}; the same again: ${again}`,
);
try {
  const pattern = values.testNamePattern === undefined ? [] : ['-t', values.testNamePattern];
  const { status } = spawnSync(
    process.execPath,
    [
      '--expose-gc',
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--config=jest.faults.config.ts',
      ...pattern,
      ...positionals,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        [SEED_VARIABLE]: String(seed),
        [SHORT_VARIABLE]: short ? '1' : '',
        [LEDGER_VARIABLE]: ledger,
      },
    },
  );
  printLedger(ledger);
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
