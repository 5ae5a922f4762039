export type { TestFailure } from './check-test.js';
export { runTest, type TestResult } from './run-test.js';
