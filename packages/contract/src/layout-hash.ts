import type { LayoutDocument } from '@trunkline/protocol';
import { hashText } from './hash.js';

/**
 * Hashes a layout to 16 hexadecimal digits: FNV-1a of 64 bits over its JSON with sorted keys. Two
 * layouts with one hash are read alike. Several are hashed as an array, in which `null` stands for
 * a place without a schema.
 */
export function layoutHash(layout: LayoutDocument | readonly unknown[]): string {
  return hashText(canonicalText(layout));
}

function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).map(
    ([key, part]) => `${JSON.stringify(key)}:${canonicalText(part)}`,
  );
  return `{${entries.sort().join()}}`;
}
