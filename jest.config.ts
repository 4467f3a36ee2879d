import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Two processors take four, since many tests mostly wait: for a server that starts, a lock, a limit of time.
  // Memory grows with the files, some 30 MB each, however many workers share them.
  maxWorkers: 4,
  // A worker's heap holds every module once for each of its files, and takes seconds to free at the end.
  workerGracefulExitTimeout: 30_000,
  // A busy machine makes a test of seconds one of a minute.
  testTimeout: 90_000,
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/dist/'],
  watchPathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/dist/'],
  collectCoverageFrom: ['src/**/*.ts'],
  coverageProvider: 'v8',
};

export default config;
