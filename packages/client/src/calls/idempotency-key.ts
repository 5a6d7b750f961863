import type { Runtime } from '@trunkline/protocol';

/** Longer than anybody can guess, and than two clients will ever choose alike. */
const RANDOM_BYTES = 16;
const MOST_BYTES = 64;

/**
 * Gives the key under which an idempotent call is made, and made again; other calls have none. It is
 * what the caller says, else random. Throws a TypeError for a key that cannot be.
 */
export function idempotencyKeyOf(
  runtime: Runtime,
  wanted: string | undefined,
  { name, isIdempotent }: { readonly name: string; readonly isIdempotent: boolean },
): Uint8Array | undefined {
  if (wanted === undefined) return isIdempotent ? runtime.randomBytes(RANDOM_BYTES) : undefined;
  if (!isIdempotent) {
    throw new TypeError(
      `${name}: option "idempotencyKey" is for calls whose contract says "idempotent: true"`,
    );
  }
  const key = typeof wanted === 'string' ? new TextEncoder().encode(wanted) : undefined;
  if (key !== undefined && key.length > 0 && key.length <= MOST_BYTES) return key;
  throw new TypeError(
    `${name}: option "idempotencyKey" must be a string of 1 to ${MOST_BYTES} bytes, not ` +
      `"${typeof wanted === 'string' ? wanted.slice(0, MOST_BYTES) : typeof wanted}"`,
  );
}
