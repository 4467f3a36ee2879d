import type { Config } from 'jest';
import tests from './jest.config.ts';
import { byForm } from './test/faults/run-settings.ts';

/** The faults suite: `npm run test:faults`. */
const config: Config = {
  ...tests,
  testMatch: ['<rootDir>/test/faults/**/*.faults.ts'],
  // a fault runs for as long as its rows take
  testTimeout: byForm({ whole: 1_800_000, short: 90_000 }),
};

export default config;
