import { utf8Size } from '../bytes/text.js';
import type { DecodeLimits } from '../limits.js';
import { TrunklineError } from '../trunkline-error.js';

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const BIGINT = /^-?\d+$/;
const SPECIAL_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);
const BINARY = 'binary';

type Container = Record<string, unknown>;
interface UrlGlobals {
  URL: new (text: string) => object;
}

/**
 * Turns parsed JSON and superjson's annotations into a value, believing neither. What it makes has
 * no prototype but those of plain objects, arrays, Map, Set, Date, Uint8Array, URL and
 * TrunklineError, and is a tree. One gate serves one value; the first fault stays in `fault`.
 */
export class Gate {
  fault: string | undefined;
  readonly #limits: DecodeLimits;
  readonly #binaries: readonly Uint8Array[];
  readonly #used: Set<number> = new Set();
  #annotations = 0;
  #entries = 0;
  #numbers = 0;

  constructor(limits: DecodeLimits, binaries: readonly Uint8Array[]) {
    this.#limits = limits;
    this.#binaries = binaries;
  }

  /** Gives the value of a superjson document, or `undefined` with a fault. */
  open(document: unknown, checkStrings: boolean): unknown {
    if (!isRecord(document)) return this.#fail('not a superjson document');
    for (const key of Object.keys(document)) {
      if (key !== 'json' && key !== 'meta')
        return this.#fail('unknown part of a superjson document');
    }
    if (!Object.hasOwn(document, 'json')) return this.#fail('a superjson document without json');
    const root: Container = { json: document['json'] };
    this.#checkTree(root['json'], checkStrings);
    if (this.fault === undefined && document['meta'] !== undefined) {
      this.#applyMeta(document['meta'], root);
    }
    if (this.fault === undefined && this.#used.size !== this.#binaries.length) {
      this.#fail('a binary that nothing names');
    }
    return this.fault === undefined ? root['json'] : undefined;
  }

  #fail(reason: string): undefined {
    this.fault ??= reason;
    return undefined;
  }

  #checkTree(value: unknown, checkStrings: boolean): void {
    if (typeof value === 'string') {
      if (checkStrings && /\p{Surrogate}/u.test(value)) this.#fail('a lone surrogate');
      return;
    }
    // JSON.parse makes Infinity of a number that is too large.
    if (value === Infinity || value === -Infinity) return this.#fail('a number out of range');
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const element of value) this.#checkTree(element, checkStrings);
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      if (UNSAFE_KEYS.has(key)) this.#fail('a key that is refused');
      // Few keys have so many characters that their bytes must be counted.
      if (key.length * 3 > this.#limits.keyBytes && utf8Size(key) > this.#limits.keyBytes) {
        this.#fail(`a key longer than ${this.#limits.keyBytes} bytes`);
      }
      if (checkStrings && /\p{Surrogate}/u.test(key)) this.#fail('a lone surrogate in a key');
      this.#checkTree(member, checkStrings);
    }
  }

  #applyMeta(meta: unknown, root: Container): void {
    if (!isRecord(meta)) return this.#fail('meta is not an object');
    for (const key of Object.keys(meta)) {
      if (key !== 'values' && key !== 'v') return this.#fail('unknown part of meta');
    }
    if (meta['v'] !== 1) return this.#fail('meta of another version');
    if (meta['values'] !== undefined) this.#apply(meta['values'], root, 'json');
  }

  /** Applies a tree of annotations to one place: inner ones first, as superjson orders them. */
  #apply(tree: unknown, holder: Container, key: string): void {
    if (this.fault !== undefined) return;
    if (!Array.isArray(tree)) return this.#applyInner(tree, holder[key]);
    if (tree.length < 1 || tree.length > 2) return this.#fail('malformed annotation');
    if (tree.length === 2) this.#applyInner(tree[1], holder[key]);
    if (this.fault !== undefined) return;
    this.#annotations++;
    if (this.#annotations > this.#limits.annotations) return this.#fail('too many annotations');
    holder[key] = this.#convert(tree[0], holder[key]);
  }

  #applyInner(children: unknown, value: unknown): void {
    if (!isRecord(children)) return this.#fail('malformed annotations');
    for (const [path, child] of Object.entries(children)) {
      const steps = parsePath(path);
      if (steps === undefined || steps.length > this.#limits.pathSteps) {
        return this.#fail('malformed path');
      }
      const last = steps.pop() as string;
      let holder = value;
      for (const step of steps) holder = this.#step(holder, step)?.[step];
      const container = this.#step(holder, last);
      if (container === undefined) return;
      this.#apply(child, container, last);
    }
  }

  /** Gives the container if it really has the key: a path never makes anything. */
  #step(holder: unknown, key: string): Container | undefined {
    const isContainer = Array.isArray(holder) || isRecord(holder);
    if (!isContainer || !Object.hasOwn(holder, key)) return this.#fail('a path to nowhere');
    if (Array.isArray(holder) && key === 'length') return this.#fail('a path to nowhere');
    return holder as Container;
  }

  #convert(type: unknown, value: unknown): unknown {
    if (Array.isArray(type)) return this.#convertBinary(type, value);
    switch (type) {
      case 'undefined':
        return value === null ? undefined : this.#fail('undefined must be null');
      case 'bigint':
        return this.#convertBigint(value);
      case 'Date':
        return this.#convertDate(value);
      case 'number':
        return SPECIAL_NUMBERS.get(value) ?? this.#fail('malformed number');
      case 'set':
        return this.#isEntries(value) && this.#hasFewNumbers(value) ? new Set(value) : undefined;
      case 'map':
        return this.#convertMap(value);
      case 'URL':
        return this.#convertUrl(value);
      case 'Error':
        return this.#convertError(value);
      default:
        return this.#fail('annotation that is refused');
    }
  }

  #convertBinary(type: readonly unknown[], value: unknown): unknown {
    if (type.length !== 2 || type[0] !== 'custom' || type[1] !== BINARY) {
      return this.#fail('annotation that is refused');
    }
    if (typeof value !== 'number' || this.#used.has(value)) return this.#fail('malformed binary');
    const binary = Number.isInteger(value) ? this.#binaries[value] : undefined;
    if (binary === undefined) return this.#fail('malformed binary');
    this.#used.add(value);
    // A copy of its own: the batch's bytes are reused. `slice` of a Buffer would be a view.
    return new Uint8Array(binary);
  }

  #convertBigint(value: unknown): unknown {
    if (typeof value !== 'string') return this.#fail('malformed bigint');
    const digits = value.length - (value.startsWith('-') ? 1 : 0);
    if (digits > this.#limits.bigintDigits || !BIGINT.test(value)) {
      return this.#fail('malformed bigint');
    }
    return BigInt(value);
  }

  #convertDate(value: unknown): unknown {
    if (typeof value !== 'string' || value.length > 64) return this.#fail('malformed date');
    const date = new Date(value);
    return Number.isFinite(date.getTime()) ? date : this.#fail('malformed date');
  }

  #convertMap(value: unknown): unknown {
    if (!this.#isEntries(value)) return undefined;
    const pairs = value.every((entry) => Array.isArray(entry) && entry.length === 2);
    if (!pairs) return this.#fail('malformed map');
    const entries = value as [unknown, unknown][];
    return this.#hasFewNumbers(entries.map(([key]) => key)) ? new Map(entries) : undefined;
  }

  #isEntries(value: unknown): value is unknown[] {
    if (!Array.isArray(value)) {
      this.#fail('malformed map or set');
      return false;
    }
    this.#entries += value.length;
    if (this.#entries <= this.#limits.entries) return true;
    this.#fail(`more than ${this.#limits.entries} entries of maps and sets`);
    return false;
  }

  /** Engines hash numbers without a secret, so a peer can choose them to collide. */
  #hasFewNumbers(keys: readonly unknown[]): boolean {
    for (const key of keys) if (isNumeric(key)) this.#numbers++;
    if (this.#numbers <= this.#limits.numericEntries) return true;
    this.#fail(`more than ${this.#limits.numericEntries} numbers as keys of maps and sets`);
    return false;
  }

  #convertUrl(value: unknown): unknown {
    if (typeof value !== 'string' || utf8Size(value) > this.#limits.urlBytes) {
      return this.#fail('malformed URL');
    }
    try {
      return new (globalThis as unknown as UrlGlobals).URL(value);
    } catch {
      return this.#fail('malformed URL');
    }
  }

  #convertError(value: unknown): unknown {
    if (!isRecord(value)) return this.#fail('malformed error');
    const { name, message, code = 'ERROR', ...rest } = value;
    const isError = [name, message, code].every((part) => typeof part === 'string');
    if (!isError || Object.keys(rest).length > 0) return this.#fail('malformed error');
    return new TrunklineError(code as string, message as string);
  }
}

function isNumeric(key: unknown): boolean {
  return typeof key === 'number' || typeof key === 'bigint';
}

function isRecord(value: unknown): value is Container {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Splits an annotation's path at its dots; `undefined` for a malformed one. */
function parsePath(path: string): string[] | undefined {
  const steps: string[] = [];
  let step = '';
  for (let index = 0; index < path.length; index++) {
    const character = path.charAt(index);
    if (character === '\\') {
      const escaped = path.charAt(++index);
      if (escaped !== '\\' && escaped !== '.') return undefined;
      step += escaped;
    } else if (character === '.') {
      steps.push(step);
      step = '';
    } else {
      step += character;
    }
  }
  steps.push(step);
  return steps;
}
