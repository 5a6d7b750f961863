import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { assert, describe, expect, it } from 'vitest';
import { issuesOf, validate } from '@trunkline/contract';
import { SERVER_DECODE_LIMITS } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { codecOf } from '../../packages/contract/src/codec.js';
import { schemaCase, type SchemaCase } from './arbitrary-schema.js';
import { findLive } from './inert.js';
import { Mutator } from './mutation.js';
import { chooseSeed } from './seed.js';

const seed = chooseSeed('packed');
const LIMITS = SERVER_DECODE_LIMITS;
const RUNS = 1_500;
const TIMEOUT_MS = 60_000;

const casesWithValues = schemaCase
  .chain((one) => fc.tuple(fc.constant(one), fc.array(one.value, { minLength: 1, maxLength: 4 })))
  // A schema has no text of its own, so the message of the failure says what it was.
  .map(([one, values]) => ({ one, values, [fc.toStringMethod]: () => 'see below' }));

/** Keys in their order, present `undefined` and prototypes included; −0 is 0. */
function isSame(left: unknown, right: unknown): boolean {
  const [one, other] = [left, right].map(withoutMinusZero);
  return isDeepStrictEqual(one, other) && isDeepStrictEqual(keysOf(one), keysOf(other));
}

function withoutMinusZero(value: unknown): unknown {
  if (typeof value === 'number') return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (value instanceof Map) return new Map(withoutMinusZero([...value]) as [unknown, unknown][]);
  if (value instanceof Set) return new Set(withoutMinusZero([...value]) as unknown[]);
  if (Object.prototype.toString.call(value) !== '[object Object]') return value;
  const copy = Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>;
  for (const [key, part] of Object.entries(value as object)) copy[key] = withoutMinusZero(part);
  return copy;
}

function keysOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Uint8Array || value instanceof Date) return undefined;
  if (value instanceof Map || value instanceof Set) return keysOf([...value]);
  return Object.entries(value).map(([key, part]) => [key, keysOf(part)]);
}

/** What no payload carries, whatever the schema says of it. */
function isUncarried(fault: string): boolean {
  return /a lone surrogate|an invalid date|a function|an instance of|the key "|more than 16 binaries/.test(
    fault,
  );
}

/** Whether a value holds a default that was given against its type. */
function hasFiller(value: unknown): boolean {
  return /by default|caught/.test(JSON.stringify(keysAndTexts(value)) ?? '');
}

function keysAndTexts(value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value].map(keysAndTexts);
  if (Array.isArray(value)) return value.map(keysAndTexts);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(keysAndTexts);
  return typeof value === 'string' ? value : undefined;
}

/** zod throws where it would freeze bytes, as `readonly` does. */
function isParsed({ schema }: SchemaCase, value: unknown): boolean {
  try {
    schema.safeParse(value);
    return true;
  } catch {
    return false;
  }
}

function describeCase(
  { schema }: SchemaCase,
  value: unknown,
  side: 'input' | 'output' = 'input',
): string {
  const { layout } = codecOf(schema, side);
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part === undefined ? '(undefined)' : part,
  );
  return `${JSON.stringify(layout)} with ${text}`;
}

describe('packed', { timeout: TIMEOUT_MS }, () => {
  it('accepts and gives what zod does, or the issues of zod', async () => {
    const seen = { accepted: 0, refused: 0, unpackable: 0 };
    await fc.assert(
      fc.asyncProperty(casesWithValues, async ({ one, values }) => {
        const codec = codecOf(one.schema, 'input');
        for (const value of values) {
          if (!isParsed(one, value)) continue;
          const wanted = one.schema.safeParse(value);
          const encoded = codec.encode(value, LIMITS);
          const where = describeCase(one, value);
          if ('fault' in encoded) {
            seen.unpackable++;
            const isRight = !wanted.success || isUncarried(encoded.fault);
            assert(isRight, `${encoded.fault}: ${where}`);
            continue;
          }
          const got = await codec.parse(encoded.bytes, LIMITS);
          if (wanted.success) {
            seen.accepted++;
            assert(got.ok && isSame(got.value, wanted.data), where);
          } else {
            seen.refused++;
            assert.deepEqual(got, { ok: false, ...issuesOf(wanted.error) }, where);
          }
        }
      }),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
    expect(seen.accepted).toBeGreaterThan(RUNS / 2);
    expect(seen.refused).toBeGreaterThan(RUNS / 20);
  });

  it('carries what zod gives', async () => {
    let carried = 0;
    await fc.assert(
      fc.asyncProperty(casesWithValues, async ({ one, values }) => {
        const codec = codecOf(one.schema, 'output');
        for (const value of values) {
          if (!isParsed(one, value)) continue;
          const parsed = await validate(one.schema, value);
          if (!parsed.ok || hasFiller(parsed.value)) continue;
          const encoded = codec.encode(parsed.value, LIMITS);
          const where = describeCase(one, value);
          if ('fault' in encoded) {
            assert(isUncarried(encoded.fault), `${encoded.fault}: ${where}`);
            continue;
          }
          carried++;
          const decoded = codec.decode(encoded.bytes, LIMITS);
          assert('value' in decoded && isSame(decoded.value, parsed.value), where);
        }
      }),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
    expect(carried).toBeGreaterThan(RUNS / 2);
  });

  it('writes what zod gives of a value in one go, or gives the issues of zod', async () => {
    const seen = { written: 0, refused: 0, unpackable: 0 };
    await fc.assert(
      fc.asyncProperty(casesWithValues, async ({ one, values }) => {
        const codec = codecOf(one.schema, 'output');
        for (const value of values) {
          if (!isParsed(one, value)) continue;
          const wanted = one.schema.safeParse(value);
          const got = await codec.serialize(value, LIMITS);
          const where = describeCase(one, value, 'output');
          if (!wanted.success) {
            seen.refused++;
            assert.deepEqual(got, { ok: false, ...issuesOf(wanted.error) }, where);
            continue;
          }
          const plain = codec.encode(wanted.data, LIMITS);
          if ('bytes' in plain) seen.written++;
          else seen.unpackable++;
          assert.deepEqual(got, plain, where);
        }
      }),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
    expect(seen.written).toBeGreaterThan(RUNS / 2);
    expect(seen.refused).toBeGreaterThan(RUNS / 20);
  });

  it('reads broken bytes to inert data or a fault', () => {
    const runtime = new VirtualRuntime(seed);
    const samples = fc.sample(casesWithValues, { seed, numRuns: 300 });
    for (const { one, values } of samples) {
      const codec = codecOf(one.schema, 'input');
      const corpus = values.flatMap((value) => {
        const encoded = codec.encode(value, LIMITS);
        return 'bytes' in encoded ? [encoded.bytes] : [];
      });
      const mutator = new Mutator(runtime, [...corpus, Uint8Array.of(0, 1, 2, 3)]);
      for (let count = 0; count < 60; count++) {
        const bytes = mutator.next();
        const decoded = codec.decode(bytes, LIMITS);
        const live = 'value' in decoded ? findLive(decoded.value) : undefined;
        expect(live, Buffer.from(bytes).toString('hex')).toBeUndefined();
      }
    }
  });
});
