import { isDeepStrictEqual } from 'node:util';
import type { BindMessage } from '@trunkline/protocol';
import type { ShownMessage } from './conversation.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a peer says as it likes; it is looked at by nobody. */
const FREE = new Set([
  'features',
  'agent',
  'ttlMs',
  'expiresInMs',
  'idleMs',
  'limits',
  'revisions',
  'sendHash',
  'receiveHash',
  'payloadHash',
  'message',
  'retryAfterMs',
  'traceParent',
  'traceState',
  'publishId',
  'stored',
  // Who counts the numbers looks at these.
  'rx',
  'first',
]);
/** What a peer chooses once and then means the same by. */
const NAMED: ReadonlySet<string> = new Set(['session', 'secret', 'epoch', 'topic', 'id']);
/** Offsets, whose start is the peer's choice: they count on from there. */
const OFFSETS = new Set(['offset', 'top', 'from', 'to']);

/** Fields whose own fields are looked at one by one. */
const NESTED = new Set(['cursor', 'asOf', 'published', 'publishId']);

/** Shorter than any deadline that a client sets by itself. */
const LEAST_DEFAULT_MS = 1_000;

/** What the names and offsets of a conversation as it is shown are in the one that takes place. */
export class Correspondence {
  readonly #names = new Map<string, unknown>();
  readonly #shownProcedures = new Map<number, string>();
  readonly #procedures = new Map<number, string>();
  readonly #room: string;
  #shift: number | undefined;

  /** `room` is what takes the place of the room `lobby`, so that its history is empty. */
  constructor(room: string) {
    this.#room = room;
  }

  /** Notes a BIND that is shown: its number may be another one in what takes place. */
  expectBind({ procedure, procedureKind, name }: BindMessage): void {
    this.#shownProcedures.set(procedure, `${procedureKind} ${name}`);
  }

  /** Notes a BIND that came. */
  takeBind({ procedure, procedureKind, name }: BindMessage): void {
    this.#procedures.set(procedure, `${procedureKind} ${name}`);
  }

  /** Says how a message that came differs from the one that is shown; `undefined` when it fits. */
  compare(shown: ShownMessage, seen: { readonly kind: string }): string | undefined {
    if (shown.kind !== seen.kind) return `expected ${shown.kind}, got ${seen.kind}`;
    const expected = flatten(this.#roomed(shown) as Fields);
    const actual = flatten(seen as unknown as Fields);
    // Which free id a caller takes is its own choice, and an id may come again.
    if (shown.kind === 'CALL') this.#names.set(`id ${shown.id}`, actual['id']);
    for (const place of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const fault = this.#compareField(place, expected[place], actual[place]);
      if (fault !== undefined) return `${shown.kind}: ${fault}`;
    }
    return undefined;
  }

  /** Turns a message that is shown into the one to be said. */
  translate(shown: ShownMessage): ShownMessage {
    if (shown.kind === 'WELCOME') {
      for (const field of ['session', 'secret'] as const) {
        this.#names.set(`${field} ${nameOf(shown[field])}`, shown[field]);
      }
    }
    return this.#translateFields(this.#roomed(shown) as object) as ShownMessage;
  }

  #compareField(place: string, expected: unknown, actual: unknown): string | undefined {
    const [outer = place, field = outer] = place.split('.');
    if (place === 'rx' && (expected === undefined) !== (actual === undefined)) {
      return `rx is ${actual === undefined ? 'not told' : 'told'}`;
    }
    if (FREE.has(outer) || FREE.has(field)) return undefined;
    if (field === 'deadlineMs') return compareDeadline(expected, actual);
    if (field === 'procedure') return this.#compareProcedure(Number(expected), Number(actual));
    if (NAMED.has(field) && isName(expected) && actual !== undefined) {
      const key = `${field} ${nameOf(expected)}`;
      if (!this.#names.has(key)) this.#names.set(key, actual);
    }
    if (OFFSETS.has(field) && typeof expected === 'number' && typeof actual === 'number') {
      this.#shift ??= actual - expected;
    }
    const meant = this.#translateField(field, expected);
    if (field === 'value' && hasIssues(meant)) return comparePaths(meant, actual);
    // What is absent and what is undefined are the same on the wire.
    if (isDeepStrictEqual(meant, actual)) return undefined;
    return `${place} is ${JSON.stringify(actual)}, expected ${JSON.stringify(meant)}`;
  }

  #compareProcedure(expected: number, actual: number): string | undefined {
    const [shown, bound] = [this.#shownProcedures.get(expected), this.#procedures.get(actual)];
    return shown === bound ? undefined : `procedure ${actual} is ${bound}, expected ${shown}`;
  }

  #translateField(field: string, value: unknown): unknown {
    if (NESTED.has(field) && typeof value === 'object') return this.#translateFields(value);
    if (OFFSETS.has(field) && typeof value === 'number') return value + (this.#shift ?? 0);
    return NAMED.has(field) ? this.#name(field, value) : value;
  }

  #translateFields(fields: object | null): object {
    return Object.fromEntries(
      Object.entries(fields ?? {}).map(([field, value]) => [
        field,
        this.#translateField(field, value),
      ]),
    );
  }

  #name(field: string, shown: unknown): unknown {
    const key = `${field} ${nameOf(shown)}`;
    return this.#names.has(key) ? this.#names.get(key) : shown;
  }

  #roomed(value: unknown): unknown {
    if (value === 'lobby') return this.#room;
    if (Array.isArray(value)) return value.map((part) => this.#roomed(part));
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, this.#roomed(part)]),
    );
  }
}

/** A deadline is what remains of it when it is written; a client may set one of its own. */
function compareDeadline(expected: unknown, actual: unknown): string | undefined {
  if (expected === undefined && actual === undefined) return undefined;
  const [least, most] =
    expected === undefined
      ? [LEAST_DEFAULT_MS, Infinity]
      : [Number(expected) / 5, Number(expected)];
  if (Number(actual) >= least && Number(actual) <= most) return undefined;
  return `deadlineMs is ${JSON.stringify(actual)}, expected ${least} to ${most}`;
}

function isName(value: unknown): value is string | number | Uint8Array {
  return typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array;
}

function nameOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

interface Issues {
  readonly issues: readonly { readonly path: readonly (string | number)[] }[];
}

function hasIssues(value: unknown): value is Issues {
  return typeof value === 'object' && value !== null && 'issues' in value;
}

/** Codes and words of issues are the server's own. */
function comparePaths(expected: Issues, actual: unknown): string | undefined {
  const paths = ({ issues }: Issues): unknown[] => issues.map(({ path }) => path);
  if (hasIssues(actual) && isDeepStrictEqual(paths(expected), paths(actual))) return undefined;
  return `expected issues at ${JSON.stringify(paths(expected))}, got ${JSON.stringify(actual)}`;
}

function flatten(message: Fields): Fields {
  const places = Object.entries(message).flatMap(([field, value]) => {
    if (!NESTED.has(field) || typeof value !== 'object') return [[field, value] as const];
    return Object.entries(value ?? {}).map(([inner, part]) => [`${field}.${inner}`, part] as const);
  });
  return Object.fromEntries(places);
}
