import { utf8Size } from '../bytes/text.js';
import type { DecodeLimits } from '../limits.js';
import { placeOf } from './fault.js';

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Stands for a binary part while the rest is written; `index` counts the binaries. */
export class BinarySlot {
  constructor(readonly index: number) {}
}

/**
 * Finds in a value that is to be written what cannot be carried, and names it by its path. Holds
 * the value to the limits that the receiver will hold it to.
 */
export class CarriageWalk {
  /** Why the value cannot be sent, with the path of the part. */
  fault: string | undefined;
  /** That path. */
  place: readonly (string | number)[] = [];
  readonly #limits: DecodeLimits;
  readonly #path: (string | number)[] = [];
  #values = 0;
  #annotations = 0;
  #binaries = 0;
  #entries = 0;
  #numbers = 0;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  /** Whether plain JSON says all of it. */
  get plain(): boolean {
    return this.#annotations === 0;
  }

  walk(value: unknown): void {
    if (this.fault !== undefined || !this.#count()) return;
    switch (typeof value) {
      case 'string':
        return LONE_SURROGATE.test(value) ? this.#fail('a lone surrogate') : undefined;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? undefined : this.#annotate();
      case 'bigint':
        return this.#walkBigint(value);
      case 'undefined':
        return this.#annotate();
      case 'boolean':
        return;
      case 'object':
        return value === null ? undefined : this.#walkObject(value);
      default:
        this.#fail(`a ${typeof value}`);
    }
  }

  #fail(what: string): void {
    if (this.fault === undefined) this.place = [...this.#path];
    this.fault ??= `cannot carry ${what} at ${placeOf(this.#path)}`;
  }

  #count(): boolean {
    this.#values++;
    if (this.#values <= this.#limits.values) return true;
    this.#fail(`more than ${this.#limits.values} values`);
    return false;
  }

  /** Counts a part that JSON cannot say. */
  #annotate(): void {
    this.#annotations++;
    if (this.#annotations <= this.#limits.annotations) return;
    this.#fail(`more than ${this.#limits.annotations} values that JSON does not have`);
  }

  #walkBigint(value: bigint): void {
    this.#annotate();
    const { bigintDigits } = this.#limits;
    if (value.toString().replace('-', '').length <= bigintDigits) return;
    this.#fail(`a bigint of more than ${bigintDigits} digits`);
  }

  #walkObject(value: object): void {
    if (Array.isArray(value)) return this.#walkElements(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#walkMembers(value);
    this.#annotate();
    if (value instanceof Uint8Array) return this.#countBinary();
    if (value instanceof Date) {
      return Number.isFinite(value.getTime()) ? undefined : this.#fail('an invalid date');
    }
    if (value instanceof Set || value instanceof Map) return this.#walkEntries(value);
    if (isUrl(value)) return this.#walkUrl(value);
    this.#fail(`an instance of ${classOf(value)}`);
  }

  #countBinary(): void {
    this.#binaries++;
    if (this.#binaries <= this.#limits.binaries) return;
    this.#fail(`more than ${this.#limits.binaries} binaries`);
  }

  #walkUrl(url: { readonly href: string }): void {
    if (utf8Size(url.href) <= this.#limits.urlBytes) return;
    this.#fail(`a URL longer than ${this.#limits.urlBytes} bytes`);
  }

  /** Whether another level fits. A cycle is deeper than any limit, so it ends here too. */
  #hasRoom(): boolean {
    const { depth } = this.#limits;
    if (this.#path.length < depth) return true;
    this.#fail(`anything nested deeper than ${depth} levels, a cycle included,`);
    return false;
  }

  #walkElements(elements: readonly unknown[]): void {
    if (!this.#hasRoom()) return;
    // The scan of the receiver counts a bracket and each comma, so an empty one counts as one more.
    if (elements.length === 0) this.#count();
    for (let index = 0; index < elements.length && this.fault === undefined; index++) {
      this.#walkAt(index, elements[index]);
    }
  }

  #walkEntries(entries: ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>): void {
    this.#entries += entries.size;
    if (this.#entries > this.#limits.entries) {
      return this.#fail(`more than ${this.#limits.entries} entries`);
    }
    for (const key of entries.keys()) {
      if (typeof key === 'number' || typeof key === 'bigint') this.#numbers++;
    }
    if (this.#numbers > this.#limits.numericEntries) {
      return this.#fail(`more than ${this.#limits.numericEntries} numbers as keys`);
    }
    this.#walkElements([...entries]);
  }

  #walkMembers(value: object): void {
    if (!this.#hasRoom()) return;
    const names = Object.keys(value);
    if (names.length === 0) this.#count();
    if (names.length > this.#limits.keys) {
      return this.#fail(`an object of more than ${this.#limits.keys} keys`);
    }
    if (Object.getOwnPropertySymbols(value).length > 0) return this.#fail('a symbol as a key');
    for (const name of names) {
      if (this.fault !== undefined) return;
      if (this.#mayBeKey(name)) this.#walkAt(name, (value as Record<string, unknown>)[name]);
    }
  }

  #mayBeKey(name: string): boolean {
    const { keyBytes } = this.#limits;
    if (UNSAFE_KEYS.has(name)) this.#fail(`the key "${name}"`);
    if (LONE_SURROGATE.test(name)) this.#fail('a lone surrogate in a key');
    // Few keys have so many characters that their bytes must be counted.
    if (name.length * 3 > keyBytes && utf8Size(name) > keyBytes) {
      this.#fail(`a key longer than ${keyBytes} bytes`);
    }
    return this.fault === undefined;
  }

  #walkAt(key: string | number, value: unknown): void {
    this.#path.push(key);
    this.walk(value);
    this.#path.pop();
  }
}

function isUrl(value: object): value is { readonly href: string } {
  return Object.prototype.toString.call(value) === '[object URL]';
}

function classOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function'
    ? String(constructor.name).slice(0, 64)
    : 'an unknown class';
}

/**
 * Copies a value with a slot for each binary part, and collects the parts in the slots' order. The
 * copy has no holes in its arrays and nothing beside their elements, which superjson would annotate.
 */
export function takeBinaries(value: unknown, taken: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new BinarySlot(taken.push(value) - 1);
  const copy = (part: unknown): unknown => takeBinaries(part, taken);
  if (Array.isArray(value)) return Array.from(value as unknown[], copy);
  if (value instanceof Set) return new Set([...value].map(copy));
  if (value instanceof Map)
    return new Map([...value].map(([key, part]) => [copy(key), copy(part)]));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]));
}
