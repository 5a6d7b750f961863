import type { ContractDescription } from './contract-description.js';
import { hashText } from './hash.js';

// Words for readers, formats and limits: they may change without any peer noticing.
const UNSEEN_KEYS = new Set(
  `description deprecated since format public revision deadlineMs maxInputBytes maxOutputBytes maxPerSecond rate cost`.split(
    ' ',
  ),
);

/**
 * Hashes what a peer can see of a contract. That is names, kinds, types, what may be missing,
 * errors, who publishes and whether messages are kept. Order is not seen: neither of members nor
 * of properties nor of the alternatives of a union.
 */
export function revisionOf(description: Omit<ContractDescription, 'layouts' | 'revision'>): string {
  return hashText(canonicalText(description));
}

/** JSON with sorted keys, of what is seen. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([key, part]) => part !== undefined && !UNSEEN_KEYS.has(key))
    .map(([key, part]) => `${JSON.stringify(key)}:${seenText(key, part, value)}`);
  return `{${entries.sort().join()}}`;
}

function seenText(key: string, part: unknown, owner: object): string {
  if (key === 'keep') return 'true';
  const isUnordered =
    key === 'members' ||
    key === 'properties' ||
    (key === 'of' && 'kind' in owner && owner.kind === 'union');
  return isUnordered && Array.isArray(part)
    ? `[${part.map(canonicalText).sort().join()}]`
    : canonicalText(part);
}
