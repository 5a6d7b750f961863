import type { Issues } from '@trunkline/contract';

/** Names the place and the fault of the first issue; issues never hold the value itself. */
export function firstIssue(issues: Issues['issues']): string {
  const [first] = issues;
  if (first === undefined) return '';
  const place = first.path.length === 0 ? 'the value itself' : `"${first.path.join('.')}"`;
  return ` at ${place}: ${first.message}`;
}
