/** @jest-config-loader-options {"transpileOnly": true, "moduleTypes": {}, "compilerOptions": {"module": "Node16"}} */
import type { Config } from 'jest';

/** Types are `tsc --noEmit`'s job; here TypeScript is only transpiled, which makes a run ten times as fast. */
const config: Config = {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/stacks',
    '<rootDir>/services',
    '<rootDir>/workflows-src',
    '<rootDir>/rehearsal',
    '<rootDir>/loadtests',
  ],
  globalSetup: '<rootDir>/rehearsal/test-setup.ts',
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
  testTimeout: 30_000,
  // Much of the time is spent in terraform, k6 and the emulator, not in the worker.
  maxWorkers: '100%',
  modulePathIgnorePatterns: ['<rootDir>/.fairlead', '<rootDir>/cdktf.out'],
};

export default config;
