import type { CaseResult, Host } from './case.js';
import { cases, runCase } from './suite.js';

/** What a test calls in the page, as `runSuiteCase`: runs the case of this name. */
export type RunSuiteCase = (name: string, host: Host) => Promise<CaseResult>;

const runSuiteCase: RunSuiteCase = (name, host) => {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case has the name "${name}"`);
  return runCase(found, host);
};

Object.assign(globalThis, { runSuiteCase });
