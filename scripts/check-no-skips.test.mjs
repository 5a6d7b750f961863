import { describe, expect, it } from 'vitest';
import { summarizeTests } from './check-no-skips.mjs';

describe('summarizeTests', () => {
  it('counts results and names each test that did not run', () => {
    const report = {
      testResults: [
        {
          name: 'a.test.ts',
          assertionResults: [
            { status: 'passed', fullName: 'works' },
            { status: 'failed', fullName: 'breaks' },
            { status: 'skipped', fullName: 'waits' },
          ],
        },
        { name: 'b.test.ts', assertionResults: [{ status: 'todo', fullName: 'comes' }] },
      ],
    };
    expect(summarizeTests(report)).toEqual({
      passed: 1,
      failed: 1,
      skipped: ['a.test.ts: "waits" is skipped', 'b.test.ts: "comes" is todo'],
    });
  });
});
