// Prints the totals of vitest's JSON report as one line; fails when a test or a file failed, or when no test ran.
import { readFileSync } from 'node:fs';

/** The report, or an empty one where vitest did not come to write it (a build that failed). */
function readReport(path) {
  const text = readFileSync(path, 'utf8');
  return text === '' ? { numPassedTests: 0, numFailedTests: 0, testResults: [] } : JSON.parse(text);
}

const report = readReport(process.argv[2]);
const passed = report.numPassedTests;
// A file that cannot be loaded has no tests that could fail, and counts as one.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const failed = report.numFailedTests + brokenFiles.length;
const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
process.stdout.write(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
