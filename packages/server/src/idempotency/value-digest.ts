import { createHash, type Hash } from 'node:crypto';

/** Text that waits to be hashed: each call of the hash costs more than the text of many values. */
const MAX_WAITING = 8_192;

/**
 * Gives the digest of a decoded value, the same for each form in which it may have travelled. The
 * order of keys, of the entries of a map and of the elements of a set does not count; everything
 * else does: a missing key and one that is undefined, 0 and -0, 1 and 1n, a date and its text.
 */
export function digestOf(value: unknown): string {
  return new ValueDigest().add(value).end();
}

/** Each part begins with a letter for its kind and says its size, so no two values read alike. */
class ValueDigest {
  readonly #hash: Hash = createHash('sha256');
  #waiting = '';

  add(value: unknown): this {
    switch (typeof value) {
      case 'string':
        return this.#text('s', value);
      case 'number':
        return this.#text('n', Object.is(value, -0) ? '-0' : String(value));
      case 'bigint':
        return this.#text('i', String(value));
      case 'boolean':
        return this.#put(value ? 't' : 'f');
      case 'object':
        return value === null ? this.#put('z') : this.#object(value);
      default:
        return this.#put('u');
    }
  }

  end(): string {
    return this.#hash.update(this.#waiting).digest('base64');
  }

  #object(value: object): this {
    if (Array.isArray(value)) {
      this.#put(`a${value.length}:`);
      for (const item of value) this.add(item);
      return this;
    }
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (value instanceof Date) return this.#text('d', String(value.getTime()));
    if (value instanceof Map) return this.#anyOrder('m', [...value]);
    if (value instanceof Set) return this.#anyOrder('e', [...value]);
    if (value instanceof URL) return this.#text('l', value.href);
    if (value instanceof Error) {
      const { name, message } = value;
      return this.#put('x').#record({ name, message, code: 'code' in value ? value.code : '' });
    }
    return this.#record(value);
  }

  #record(value: object): this {
    const keys = Object.keys(value).sort();
    this.#put(`o${keys.length}:`);
    for (const key of keys) this.#text('k', key).add((value as Record<string, unknown>)[key]);
    return this;
  }

  /** Sorted by digests: members may be of kinds that have no order. */
  #anyOrder(kind: string, members: readonly unknown[]): this {
    return this.#put(`${kind}${members.length}:${members.map(digestOf).sort().join()}`);
  }

  #bytes(value: Uint8Array): this {
    this.#put(`b${value.length}:`);
    this.#hash.update(this.#waiting).update(value);
    this.#waiting = '';
    return this;
  }

  #text(kind: string, text: string): this {
    return this.#put(`${kind}${text.length}:${text}`);
  }

  #put(text: string): this {
    this.#waiting += text;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#hash.update(this.#waiting);
      this.#waiting = '';
    }
    return this;
  }
}
