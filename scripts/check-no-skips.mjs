import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain } from './check-report.mjs';
import { ROOT } from './source-tree.mjs';

/**
 * @typedef {{ status: string, fullName: string }} TestResult
 * @typedef {{ name: string, assertionResults: TestResult[] }} TestFileResult
 * @typedef {{ testResults: TestFileResult[] }} TestReport
 */

/** Where `vitest run` leaves its report. */
const REPORT = '.reports/tests.json';

/**
 * Counts the results of a test run and names each test that did not run.
 * @param {TestReport} report
 */
export function summarizeTests({ testResults }) {
  const tests = testResults.flatMap(({ name, assertionResults }) => {
    return assertionResults.map(({ status, fullName }) => ({ file: name, status, fullName }));
  });
  const count = (/** @type {string} */ status) => {
    return tests.filter((test) => test.status === status).length;
  };
  const [passed, failed] = [count('passed'), count('failed')];
  const skipped = tests
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ file, status, fullName }) => `${file}: "${fullName}" is ${status}`);
  return { passed, failed, skipped };
}

if (isMain(import.meta.url)) {
  const report = JSON.parse(readFileSync(join(ROOT, REPORT), 'utf8'));
  const { passed, failed, skipped } = summarizeTests(report);
  for (const line of skipped) console.error(line);
  console.log(`tests: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  if (failed > 0 || skipped.length > 0 || passed === 0) process.exitCode = 1;
}
