import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  encodeBatch,
  SERVER_DECODE_LIMITS,
  Violation,
  VIOLATIONS,
  Writer,
  type Batch,
  type Decoded,
  type Message,
  type Payload,
} from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { decodeSuperjson, encodeSuperjson } from '../../packages/protocol/src/payload/superjson.js';
import { bytesOfHex, readHostileVectors, readMessageVectors } from '../vectors/vector-json.js';
import { findLive } from './inert.js';
import { Mutator } from './mutation.js';
import { chooseSeed } from './seed.js';

const seed = chooseSeed('hostile bytes');
const INPUTS = 200_000;
const LIMITS = SERVER_DECODE_LIMITS;

const BATCHES = [...readMessageVectors(), ...readHostileVectors()]
  .map(({ hex }) => bytesOfHex(hex))
  .filter(({ length }) => length > 0 && length < 600);

const VALUES: unknown[] = [
  { name: 'Ada', tags: ['a', 'b'], nested: { deep: [{ x: 1 }, null, true] } },
  { at: new Date(0), big: 12n, 'a.b': [undefined, Number.NaN, -0], link: new URL('http://x/') },
  new Map<unknown, unknown>([
    ['a', new Set([1n, new Date(1)])],
    [{ k: 1 }, Uint8Array.of(1)],
  ]),
  [Uint8Array.of(1, 2), { file: Uint8Array.of(3) }, new Set([new Map([[1n, undefined]])])],
  'text with "quotes", \\ and é中😀',
];

/** Prints what fails, so that it can become a vector. */
function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function namesOf(...objects: object[]): string[] {
  return objects.flatMap((object) => Reflect.ownKeys(object).map(String));
}

function faultOf(decoded: Decoded): string | undefined {
  if ('fault' in decoded) return /^[a-z]/.test(decoded.fault) ? undefined : 'a fault without words';
  return findLive(decoded.value);
}

/** What is wrong with what a decoder made of some bytes; nothing if all is well. */
function findFault(result: Batch | Violation): string | undefined {
  if (result instanceof Violation) {
    return Object.hasOwn(VIOLATIONS, result.name) ? undefined : `violation ${result.name}`;
  }
  for (const message of result.messages) {
    if (!('encoding' in message)) continue;
    const fault = faultOf(decodePayload(message as Payload, LIMITS));
    if (fault !== undefined) return `${message.kind}: ${fault}`;
  }
  return undefined;
}

/** Whether a batch that was read is written and read again as the same. */
function isStable(batch: Batch): boolean {
  if (batch.messages.some(({ kind }) => kind === 'SKIPPED')) return true;
  const again = decodeBatch(encodeBatch(new Writer(), batch, batch.messages as Message[]));
  return isDeepStrictEqual(again, batch);
}

describe('decodeBatch', () => {
  it(`makes a batch or a violation of ${INPUTS} hostile inputs, and nothing else happens`, () => {
    const before = namesOf(Object.prototype, Array.prototype, Function.prototype);
    const mutator = new Mutator(new VirtualRuntime(seed), BATCHES);
    let accepted = 0;
    for (let count = 0; count < INPUTS; count++) {
      const bytes = mutator.next();
      const result = decodeBatch(bytes);
      const fault = findFault(result);
      if (fault !== undefined) throw new Error(`${fault} from ${hexOf(bytes)}`);
      if (result instanceof Violation) continue;
      accepted++;
      if (accepted % 20 === 0 && !isStable(result)) throw new Error(`unstable: ${hexOf(bytes)}`);
    }
    expect(accepted).toBeGreaterThan(INPUTS / 200);
    expect(accepted).toBeLessThan(INPUTS / 2);
    expect(namesOf(Object.prototype, Array.prototype, Function.prototype)).toEqual(before);
  }, 20_000);
});

describe('decodeSuperjson', () => {
  it('makes an inert value or a fault of mutated payloads', () => {
    const before = namesOf(Object.prototype, Array.prototype);
    const corpus = VALUES.map((value) => {
      const encoded = encodeSuperjson(value, LIMITS);
      if ('fault' in encoded) throw new Error(encoded.fault);
      return encoded.bytes;
    });
    const mutator = new Mutator(new VirtualRuntime(seed), corpus);
    let accepted = 0;
    for (let count = 0; count < 50_000; count++) {
      const bytes = mutator.next();
      const decoded = decodeSuperjson(bytes, LIMITS);
      const fault = faultOf(decoded);
      if (fault !== undefined) throw new Error(`${fault} from ${hexOf(bytes)}`);
      if ('value' in decoded) accepted++;
    }
    expect(accepted).toBeGreaterThan(100);
    expect(namesOf(Object.prototype, Array.prototype)).toEqual(before);
  }, 20_000);
});
