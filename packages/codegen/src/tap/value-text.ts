import { inspect } from 'node:util';

/** Names of properties and keys of maps whose values are nobody's business. */
const SECRET =
  /^(.*(password|passwd|passphrase|secret|token|api[-_]?key)|authorization|cookie|credentials?|pin|cvv)$/i;

const HIDDEN = '(hidden)';

/** A value is looked through for secrets this deep; below, nothing of it is shown. */
const MAX_DEPTH = 12;

/** How many parts of a value are shown when it is not shown in full. */
const FEW = 24;

/** Stands for text that `inspect` shall show as it is. */
class Raw {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [inspect.custom](): string {
    return this.#text;
  }
}

/** How a value is shown. */
export interface ValueTextOptions {
  /** Shows all of it; it is cut to one short line otherwise. */
  readonly full: boolean;
  /** Shows values of properties with names such as `password`. */
  readonly unmask: boolean;
}

/** Writes a decoded value on one line, as JavaScript would write it, without secrets. */
export function valueText(value: unknown, { full, unmask }: ValueTextOptions): string {
  return inspect(shown(value, { full, unmask }, 0), {
    depth: full ? Infinity : 5,
    breakLength: Infinity,
    compact: true,
    maxArrayLength: full ? Infinity : FEW + 1,
    maxStringLength: full ? Infinity : 160,
    sorted: false,
  });
}

/** Gives a value as JSON can hold it: what JSON cannot say is an object such as `{ $date: … }`. */
export function valueJson(value: unknown, options: ValueTextOptions): unknown {
  return toJson(value, options, 0);
}

function isSecret(name: unknown, { unmask }: ValueTextOptions): boolean {
  return !unmask && typeof name === 'string' && SECRET.test(name);
}

function shown(value: unknown, options: ValueTextOptions, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return new Raw(bytesText(value, options));
  if (value instanceof URL) return new Raw(`URL ${JSON.stringify(value.href)}`);
  if (depth > MAX_DEPTH && !options.full) return new Raw('…');
  const part = (of: unknown) => shown(of, options, depth + 1);
  if (Array.isArray(value)) return withRest(few(value, options).map(part), value.length);
  if (value instanceof Map) {
    const entries = few([...value], options);
    return new Map(
      entries.map(([key, of]) => {
        return [part(key), isSecret(key, options) ? new Raw(HIDDEN) : part(of)];
      }),
    );
  }
  if (value instanceof Set) return new Set(few([...value], options).map(part));
  const entries = few(Object.entries(value), options).map(([name, of]) => {
    return [name, isSecret(name, options) ? new Raw(HIDDEN) : part(of)] as const;
  });
  return Object.fromEntries(entries);
}

/** What is not shown is not looked at: a value may have a million parts. */
function few<Part>(parts: Part[], { full }: ValueTextOptions): Part[] {
  return full || parts.length <= FEW ? parts : parts.slice(0, FEW);
}

function withRest(parts: unknown[], count: number): unknown[] {
  return count > parts.length ? [...parts, new Raw(`… ${count - parts.length} more`)] : parts;
}

function bytesText(bytes: Uint8Array, { full }: ValueTextOptions): string {
  const first = full ? bytes : bytes.subarray(0, FEW);
  const rest = first.length < bytes.length ? '…' : '';
  return `<${bytes.length} bytes${first.length > 0 ? ' ' : ''}${hex(first)}${rest}>`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function toJson(value: unknown, options: ValueTextOptions, depth: number): unknown {
  const part = (of: unknown) => toJson(of, options, depth + 1);
  if (value === undefined) return { $undefined: true };
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $binary: hex(value) };
  if (value instanceof URL) return { $url: value.href };
  if (Array.isArray(value)) return value.map(part);
  if (value instanceof Map) {
    const pairs = [...value].map(([key, of]) => {
      return [part(key), isSecret(key, options) ? HIDDEN : part(of)];
    });
    return { $map: pairs };
  }
  if (value instanceof Set) return { $set: [...value].map(part) };
  const entries = Object.entries(value).map(([name, of]) => {
    return [name, isSecret(name, options) ? HIDDEN : part(of)] as const;
  });
  return Object.fromEntries(entries);
}
