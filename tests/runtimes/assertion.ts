import { TrunklineError } from '@trunkline/client';

const SHOWN_CHARACTERS = 300;

/** Throws unless the condition holds. */
export function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** Throws unless both values are the same in every part, kinds of objects included. */
export function equal(actual: unknown, expected: unknown): void {
  const [seen, wanted] = [show(actual), show(expected)];
  check(seen === wanted, `got ${clip(seen)}, expected ${clip(wanted)}`);
}

/** What is expected of an error; what is left out may be anything. */
interface ExpectedError {
  readonly code: string;
  readonly executed?: string;
  readonly data?: unknown;
}

/** Throws unless the promise fails with such an error; gives that error. */
export async function fails(
  promise: PromiseLike<unknown>,
  expected: ExpectedError,
): Promise<TrunklineError> {
  const error: unknown = await promise.then(
    (value) => check(false, `got the value ${clip(show(value))}, expected "${expected.code}"`),
    (reason: unknown) => reason,
  );
  check(error instanceof TrunklineError, `got ${clip(show(error))}, not a TrunklineError`);
  const seen = Object.keys(expected).map((name) => [name, error[name as keyof ExpectedError]]);
  equal(Object.fromEntries(seen), expected);
  return error;
}

/** Writes a value as text: two values have the same text exactly when they are equal. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return `Date(${value.toISOString()})`;
  if (value instanceof Uint8Array) return `Uint8Array(${value.join()})`;
  if (value instanceof Set) return `Set(${[...value].map(show).join()})`;
  if (value instanceof Map) return `Map(${[...value].map(show).join()})`;
  if (value instanceof Error) return `${value.name}(${value.message})`;
  if (Array.isArray(value)) return `[${value.map(show).join()}]`;
  const fields = Object.entries(value).map(([name, part]) => `${name}:${show(part)}`);
  return `{${fields.sort().join()}}`;
}

function clip(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
