import type { DecodeLimits } from '../limits.js';

/** What a walk found out about a value that is to be sent. */
export interface Carriage {
  /** Why the value cannot be sent, with the path of the part. */
  fault: string | undefined;
  /** Whether plain JSON says all of it. */
  plain: boolean;
  /** Whether a part of it is binary. */
  binary: boolean;
}

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Stands for a binary part while the rest is written; `index` counts the binaries. */
export class BinarySlot {
  constructor(readonly index: number) {}
}

/**
 * Walks a value before it is written: finds what cannot be carried, names it by its path, and
 * keeps to the limits that the receiver will hold it to.
 */
export class CarriageWalk implements Carriage {
  fault: string | undefined;
  plain = true;
  binary = false;
  readonly #limits: DecodeLimits;
  readonly #path: (string | number)[] = [];
  #values = 0;
  #binaries = 0;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  walk(value: unknown): void {
    if (this.fault !== undefined) return;
    this.#values++;
    if (this.#values > this.#limits.values)
      return this.#fail(`more than ${this.#limits.values} values`);
    switch (typeof value) {
      case 'string':
        if (/\p{Surrogate}/u.test(value)) this.#fail('a lone surrogate');
        return;
      case 'number':
        if (!Number.isFinite(value) || Object.is(value, -0)) this.plain = false;
        return;
      case 'bigint':
        this.plain = false;
        if (!this.#fitsBigint(value))
          this.#fail(`a bigint of more than ${this.#limits.bigintDigits} digits`);
        return;
      case 'undefined':
        this.plain = false;
        return;
      case 'boolean':
        return;
      case 'object':
        if (value !== null) this.#walkObject(value);
        return;
      default:
        this.#fail(`a ${typeof value}`);
    }
  }

  #fail(what: string): void {
    const place = this.#path.length === 0 ? 'the value itself' : `"${this.#path.join('.')}"`;
    this.fault ??= `cannot carry ${what} at ${place}`;
  }

  #fitsBigint(value: bigint): boolean {
    return value.toString().replace('-', '').length <= this.#limits.bigintDigits;
  }

  #walkObject(value: object): void {
    // A cycle is deeper than any limit, so it ends here too.
    if (this.#path.length >= this.#limits.depth) {
      return this.#fail(
        `anything nested deeper than ${this.#limits.depth} levels, a cycle included,`,
      );
    }
    if (Array.isArray(value)) return this.#walkElements(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#walkMembers(value);
    this.plain = false;
    if (value instanceof Uint8Array) return this.#countBinary();
    if (value instanceof Date) {
      return Number.isFinite(value.getTime()) ? undefined : this.#fail('an invalid date');
    }
    if (value instanceof Set) return this.#walkEntries(value, [...value]);
    if (value instanceof Map) return this.#walkEntries(value, [...value]);
    if (Object.prototype.toString.call(value) === '[object URL]') return;
    this.#fail(`an instance of ${value.constructor.name}`);
  }

  #countBinary(): void {
    this.binary = true;
    this.#binaries++;
    if (this.#binaries > this.#limits.binaries)
      this.#fail(`more than ${this.#limits.binaries} binaries`);
  }

  #walkElements(elements: readonly unknown[]): void {
    // The scan of the receiver counts a bracket and each comma, so an empty one counts as one more.
    if (elements.length === 0) this.#values++;
    for (let index = 0; index < elements.length; index++) {
      // JSON would turn a hole into null.
      if (!Object.hasOwn(elements, index)) this.plain = false;
      this.#walkAt(index, elements[index]);
    }
  }

  #walkEntries(
    whole: ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>,
    entries: unknown[],
  ): void {
    if (whole.size > this.#limits.entries)
      return this.#fail(`more than ${this.#limits.entries} entries`);
    this.#walkElements(entries);
  }

  #walkMembers(value: object): void {
    const names = Object.keys(value);
    if (names.length === 0) this.#values++;
    if (names.length > this.#limits.keys)
      return this.#fail(`an object of more than ${this.#limits.keys} keys`);
    if (Object.getOwnPropertySymbols(value).length > 0) return this.#fail('a symbol as a key');
    for (const name of names) {
      // Bytes are at most three times the characters; only long names are counted exactly.
      if (name.length * 3 > this.#limits.keyBytes && name.length > this.#limits.keyBytes / 3) {
        this.#checkKey(name);
      }
      if (UNSAFE_KEYS.has(name)) this.#fail(`the key "${name}"`);
      this.#walkAt(name, (value as Record<string, unknown>)[name]);
    }
  }

  #checkKey(name: string): void {
    let bytes = 0;
    for (const character of name) bytes += (character.codePointAt(0) as number) < 128 ? 1 : 4;
    if (bytes > this.#limits.keyBytes)
      this.#fail(`a key longer than ${this.#limits.keyBytes} bytes`);
  }

  #walkAt(key: string | number, value: unknown): void {
    this.#path.push(key);
    this.walk(value);
    this.#path.pop();
  }
}

/** Copies a value with a slot for each binary part, and collects the parts in the slots' order. */
export function takeBinaries(value: unknown, taken: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new BinarySlot(taken.push(value) - 1);
  const copy = (part: unknown): unknown => takeBinaries(part, taken);
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Set) return new Set([...value].map(copy));
  if (value instanceof Map)
    return new Map([...value].map(([key, part]) => [copy(key), copy(part)]));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]));
}
