import type * as core from 'zod/v4/core';

/** One thing that is wrong with a value. */
export interface Issue {
  /** Keys and indexes from the value down, long keys cut. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** zod's code of the issue, such as `invalid_type`. */
  readonly code: string;
}

/** What is wrong with a value, cut to what fits into an error reply. */
export interface Issues {
  readonly issues: readonly Issue[];
  /** Whether issues were left out or their texts cut. */
  readonly truncated: boolean;
}

const ISSUES_MAX = 16;
/** An error reply has 4 KiB, of which 2,816 bytes are for its data; 256 of those go around issues. */
const TEXT_MAX_BYTES = 2_560;
const MESSAGE_MAX_LENGTH = 256;
/** Keys of the input are input: an attacker's text goes back to him, but not much of it. */
const KEY_MAX_LENGTH = 64;
const PATH_MAX_LENGTH = 32;
const KEYS_MAX = 4;

/**
 * Gives the issues of a zod error for the peer that sent the value. They are few, short, and
 * without the value itself. Never reads the error's `message`, which zod makes as long as the
 * input wants.
 */
export function issuesOf(error: { readonly issues: readonly core.$ZodIssue[] }): Issues {
  const issues: Issue[] = [];
  let bytes = 0;
  let truncated = error.issues.length > ISSUES_MAX;
  for (const raw of error.issues.slice(0, ISSUES_MAX)) {
    const { issue, isCut } = shorten(raw);
    bytes += byteLength(JSON.stringify(issue)) + 1;
    if (bytes > TEXT_MAX_BYTES) return { issues, truncated: true };
    issues.push(issue);
    truncated ||= isCut;
  }
  return { issues, truncated };
}

function shorten(raw: core.$ZodIssue): { issue: Issue; isCut: boolean } {
  const text = raw.code === 'unrecognized_keys' ? keysText(raw.keys) : raw.message;
  const message = cut(text, MESSAGE_MAX_LENGTH);
  const path = raw.path.slice(0, PATH_MAX_LENGTH).map(pathKey);
  const isCut =
    message !== text ||
    raw.path.length > PATH_MAX_LENGTH ||
    (raw.code === 'unrecognized_keys' && raw.keys.length > KEYS_MAX) ||
    path.some((key, index) => typeof key === 'string' && key !== raw.path[index]);
  return { issue: { path, message, code: raw.code }, isCut };
}

/** Made here, since zod's own text lists every key whole. */
function keysText(keys: readonly string[]): string {
  const named = keys.slice(0, KEYS_MAX).map((key) => `"${cut(key, KEY_MAX_LENGTH)}"`);
  const more = keys.length > KEYS_MAX ? ` and ${keys.length - KEYS_MAX} more` : '';
  return `Unrecognized ${keys.length === 1 ? 'key' : 'keys'}: ${named.join(', ')}${more}`;
}

function pathKey(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : cut(String(key), KEY_MAX_LENGTH);
}

function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = text.slice(0, maxLength - 1);
  // Half of a surrogate pair could not be encoded.
  const last = kept.charCodeAt(kept.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? kept.slice(0, -1) : kept}…`;
}

function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
