import type { LayoutDocument } from '@trunkline/protocol';
import { hashText } from './hash.js';

/** The layouts of one direction: of positions in a fixed order, or of error data by code. */
export type LayoutParts = readonly (
  | LayoutDocument
  | Readonly<Record<string, LayoutDocument>>
  | null
)[];

/**
 * Hashes layouts to 16 hexadecimal digits (PROTOCOL.md, "Layout hashes"): FNV-1a of 64 bits over
 * their JSON with sorted keys. Layouts with one hash are read alike.
 */
export function layoutHash(layouts: LayoutParts): string {
  return hashText(canonicalText(layouts));
}

function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).map(
    ([key, part]) => `${JSON.stringify(key)}:${canonicalText(part)}`,
  );
  return `{${entries.sort().join()}}`;
}
