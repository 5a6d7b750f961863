import { TrunklineError } from '@trunkline/protocol';

const PROTOTYPES: ReadonlySet<unknown> = new Set([
  Object.prototype,
  Array.prototype,
  Map.prototype,
  Set.prototype,
  Date.prototype,
  URL.prototype,
  Uint8Array.prototype,
  TrunklineError.prototype,
]);
const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What decoded data may hold beside what it owns. */
export interface InertOptions {
  /** The bytes that views may be of. */
  readonly source?: Uint8Array;
}

/**
 * Looks for anything in a decoded value that is not plain, finished data, and says what and where.
 * Inert data is a tree of values with known prototypes, own data properties and nothing that runs.
 */
export function findLive(value: unknown, { source }: InertOptions = {}): string | undefined {
  return new InertWalk(source).visit(value, '$');
}

class InertWalk {
  readonly #seen = new Set<object>();
  readonly #source: Uint8Array | undefined;

  constructor(source: Uint8Array | undefined) {
    this.#source = source;
  }

  visit(value: unknown, path: string): string | undefined {
    switch (typeof value) {
      case 'function':
      case 'symbol':
        return `${path}: a ${typeof value}`;
      case 'string':
        return /\p{Surrogate}/u.test(value) ? `${path}: a lone surrogate` : undefined;
      case 'object':
        return value === null ? undefined : this.#visitObject(value, path);
      default:
        return undefined;
    }
  }

  #visitObject(value: object, path: string): string | undefined {
    if (this.#seen.has(value)) return `${path}: seen before, so this is no tree`;
    this.#seen.add(value);
    if (!PROTOTYPES.has(Object.getPrototypeOf(value))) return `${path}: a foreign prototype`;
    if (value instanceof Uint8Array) {
      return isWithin(value, this.#source) ? undefined : findForeignBytes(value, path);
    }
    if (value instanceof Date && !Number.isFinite(value.getTime())) return `${path}: no date`;
    if (value instanceof TrunklineError) return this.#visitError(value, path);
    if (value instanceof Map || value instanceof Set) {
      const entries = this.visit([...value], `${path}<entries>`);
      if (entries !== undefined) return entries;
    }
    return this.#visitProperties(value, path);
  }

  #visitProperties(value: object, path: string): string | undefined {
    const names = Object.getOwnPropertyNames(value);
    if (Array.isArray(value) && names.length !== value.length + 1) return `${path}: holes or more`;
    // A URL keeps its parts in symbols of its own class on some versions of Node.
    const symbols = value instanceof URL ? 0 : Object.getOwnPropertySymbols(value).length;
    if (symbols > 0) return `${path}: a symbol as a key`;
    for (const name of names) {
      if (UNSAFE.has(name)) return `${path}: the key "${name}"`;
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property === undefined || !('value' in property)) return `${path}.${name}: an accessor`;
      const found = this.visit(property.value, `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #visitError(error: TrunklineError, path: string): string | undefined {
    const { code, message, data, executed, retryAfterMs } = error;
    const hasMore = data !== undefined || executed !== undefined || retryAfterMs !== undefined;
    const isText = typeof code === 'string' && typeof message === 'string';
    return isText && !hasMore && !('cause' in error) ? undefined : `${path}: more than an error`;
  }
}

function isWithin(bytes: Uint8Array, source: Uint8Array | undefined): boolean {
  if (source === undefined || bytes.buffer !== source.buffer) return false;
  const from = bytes.byteOffset - source.byteOffset;
  return from >= 0 && from + bytes.length <= source.length;
}

function findForeignBytes(bytes: Uint8Array, path: string): string | undefined {
  const isOwn = bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.length;
  return isOwn && bytes.buffer instanceof ArrayBuffer ? undefined : `${path}: bytes of another`;
}
