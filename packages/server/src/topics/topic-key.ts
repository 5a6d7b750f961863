import { TrunklineError } from '@trunkline/protocol';
import { FIXED_LIMITS } from '../limits/fixed-limits.js';

const MAX_BYTES = FIXED_LIMITS.topicKeyBytes.value;

/**
 * Gives the key of a topic: its name and its parsed params, sorted by name. Two keys are equal only
 * if name and params are; a param that is undefined counts as left out. `name` has no brace, which
 * the grammar of names sees to. Throws `TOO_LARGE` above 256 bytes, and a TypeError for params that
 * no contract allows.
 */
export function topicKey(name: string, params: unknown): string {
  const key = name + paramsText(params);
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_BYTES) return key;
  throw new TrunklineError(
    'TOO_LARGE',
    `name and params of a topic "${name}" have ${bytes} bytes; allowed are ${MAX_BYTES}`,
    { executed: 'no' },
  );
}

/** Gives the name and the params of a key, as they were when `topicKey` made it. */
export function readTopicKey(key: string): { readonly name: string; readonly params: object } {
  const brace = key.indexOf('{');
  if (brace < 0) return { name: key, params: {} };
  // oxlint-disable-next-line eslint/no-restricted-properties -- the text was written here
  const params = JSON.parse(key.slice(brace)) as object;
  return { name: topicNameOf(key), params };
}

/** Gives the name of the topic that has a key. */
export function topicNameOf(key: string): string {
  const brace = key.indexOf('{');
  return brace < 0 ? key : key.slice(0, brace);
}

function paramsText(params: unknown): string {
  if (params === undefined) return '';
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new TypeError('topic params must be an object of strings, integers and booleans');
  }
  const parts = Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${paramText(name, value)}`);
  return parts.length === 0 ? '' : `{${parts.join()}}`;
}

function paramText(name: string, value: unknown): string {
  const isPlain =
    typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
  if (isPlain) return JSON.stringify(value);
  throw new TypeError(`topic param "${name}" must be a string, an integer or a boolean`);
}
