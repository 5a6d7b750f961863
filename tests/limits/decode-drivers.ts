import { CLIENT_DECODE_LIMITS, ENCODING, Writer, type DecodeLimits } from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';
import type { Driver, Drivers } from './driver.js';
import { outcomeOf, times, withPeer } from './limit-host.js';

const MANY = 100_000;

/** Lets the writer write what the reader does not take. */
const LOOSE: DecodeLimits = {
  ...CLIENT_DECODE_LIMITS,
  depth: 1_000,
  keys: MANY,
  keyBytes: MANY,
  entries: MANY,
  numericEntries: MANY,
  annotations: MANY,
  pathSteps: 1_000,
  binaries: 1_000,
  bigintDigits: MANY,
  urlBytes: MANY,
};

/** A limit of decoding: a call is sent whose input has as much as is wanted. */
function decoding(
  name: keyof DecodeLimits,
  value: number,
  make: (amount: number) => unknown,
  more: Partial<DecodeLimits> = {},
): Driver {
  return {
    value,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ ...more, [name]: limit }, async ({ peer }) => {
        const made = make(amount);
        const payload =
          made instanceof Json
            ? { encoding: ENCODING.SUPERJSON, bytes: made.bytes }
            : encodePayload(made, LOOSE);
        await peer.send({ kind: 'CALL', id: 0, procedure: 0, ...payload });
        return outcomeOf(peer);
      }),
  };
}

/** A document as text, where the writer would not write it like this. */
class Json {
  readonly bytes: Uint8Array;

  constructor(text: string) {
    const writer = new Writer();
    writer.sized(new TextEncoder().encode(text));
    writer.varint(0);
    this.bytes = writer.take();
  }
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let n = 1; n < depth; n++) value = [value];
  return value;
}

/** A Date below so many steps. */
function below(steps: number): unknown {
  let value: unknown = new Date(0);
  for (let n = 0; n < steps; n++) value = [value];
  return value;
}

/** Drivers of the limits of one decoded value. */
export const DECODE_DRIVERS: Drivers = {
  depth: decoding('depth', 5, nested),
  // A comma for each but the first, a bracket, and one for the document.
  values: decoding('values', 50, (amount) => times(amount - 1, () => 0)),
  keys: decoding('keys', 3, (amount) => Object.fromEntries(times(amount, (n) => [`k${n}`, 0]))),
  keyBytes: decoding('keyBytes', 16, (amount) => ({ ['k'.repeat(amount)]: 0 })),
  entries: decoding('entries', 8, (amount) => new Set(times(amount, (n) => `e${n}`))),
  numericEntries: decoding('numericEntries', 8, (amount) => new Set(times(amount, (n) => n))),
  annotations: decoding('annotations', 8, (amount) => times(amount, () => new Date(0))),
  pathSteps: decoding('pathSteps', 5, below, { depth: 200 }),
  binaries: decoding('binaries', 4, (amount) => times(amount, () => new Uint8Array(1))),
  bigintDigits: decoding('bigintDigits', 30, (amount) => [BigInt('9'.repeat(amount))]),
  urlBytes: decoding('urlBytes', 40, (amount) => {
    const start = 'http://a.example/';
    return new URL(start + 'p'.repeat(amount - start.length));
  }),
};
