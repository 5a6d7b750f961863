import { SERVER_DECODE_LIMITS } from '@trunkline/protocol';

const { depth: MAX_DEPTH, values: MAX_VALUES } = SERVER_DECODE_LIMITS;
/** About what a value has in bytes beside its text. */
const VALUE_BYTES = 8;

/**
 * A copy of a value that is encoded later, since the user may change theirs meanwhile. What nobody
 * could send is not copied; it is refused when it is encoded.
 */
export class Snapshot {
  readonly value: unknown;
  #bytes = 0;
  #values = 0;

  constructor(value: unknown) {
    this.value = this.#copy(value, 0);
  }

  /** About as many bytes as it will have. */
  get bytes(): number {
    return this.#bytes;
  }

  #copy(value: unknown, depth: number): unknown {
    this.#bytes += VALUE_BYTES;
    if (typeof value === 'string') this.#bytes += value.length;
    if (typeof value !== 'object' || value === null) return value;
    // A cycle is deeper than any limit, and what is shared over and over has too many values.
    if (depth > MAX_DEPTH || ++this.#values > MAX_VALUES) return value;
    const copy = (part: unknown): unknown => this.#copy(part, depth + 1);
    if (Array.isArray(value)) return Array.from(value as unknown[], copy);
    if (value instanceof Map) {
      return new Map([...value].map(([key, part]) => [copy(key), copy(part)]));
    }
    if (value instanceof Set) return new Set([...value].map(copy));
    if (value instanceof Date) return new Date(value);
    if (value instanceof URL) return new URL(value);
    if (value instanceof Uint8Array) return this.#copyBytes(value);
    return this.#copyMembers(value, copy);
  }

  #copyBytes(value: Uint8Array): Uint8Array {
    this.#bytes += value.length;
    return new Uint8Array(value);
  }

  #copyMembers(value: object, copy: (part: unknown) => unknown): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    const members: Record<string, unknown> = { ...value };
    for (const [name, part] of Object.entries(members)) {
      this.#bytes += name.length;
      members[name] = copy(part);
    }
    return members;
  }
}
