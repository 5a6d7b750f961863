import { createHash } from 'node:crypto';

/**
 * Gives the digest of a decoded value, the same for each form in which it may have travelled. The
 * order of keys, of the entries of a map and of the elements of a set does not count; everything
 * else does: a missing key and one that is undefined, 0 and -0, 1 and 1n, a date and its text.
 */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalText(value)).digest('base64');
}

/** Each part begins with a letter for its kind and says its size, so no two values read alike. */
function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return sized('s', value);
    case 'number':
      return Object.is(value, -0) ? 'n-0;' : `n${value};`;
    case 'bigint':
      return `i${value};`;
    case 'boolean':
      return value ? 't' : 'f';
    case 'object':
      return value === null ? 'z' : textOfObject(value);
    default:
      return 'u';
  }
}

function textOfObject(value: object): string {
  if (Array.isArray(value)) {
    let text = `a${value.length}:`;
    for (const item of value) text += canonicalText(item);
    return text;
  }
  if (value instanceof Uint8Array) {
    return sized('b', createHash('sha256').update(value).digest('base64'));
  }
  if (value instanceof Date) return `d${value.getTime()};`;
  // In any order, and their members may be of kinds that have none.
  if (value instanceof Set) return list('e', Array.from(value, canonicalText).sort());
  if (value instanceof Map) {
    const pairs = Array.from(value, ([key, of]) => canonicalText(key) + canonicalText(of));
    return list('m', pairs.sort());
  }
  if (value instanceof URL) return sized('l', value.href);
  if (value instanceof Error) {
    const { name, message } = value;
    return `x${textOfRecord({ name, message, code: 'code' in value ? value.code : '' })}`;
  }
  return textOfRecord(value);
}

function textOfRecord(value: object): string {
  const keys = Object.keys(value).sort();
  const of = value as Record<string, unknown>;
  let text = `o${keys.length}:`;
  for (const key of keys) text += `${key.length}:${key}${canonicalText(of[key])}`;
  return text;
}

function list(kind: string, parts: readonly string[]): string {
  return `${kind}${parts.length}:${parts.join('')}`;
}

function sized(kind: string, text: string): string {
  return `${kind}${text.length}:${text}`;
}
