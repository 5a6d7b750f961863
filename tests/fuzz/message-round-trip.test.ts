import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  encodeBatch,
  KINDS,
  takesNumber,
  Violation,
  Writer,
} from '@trunkline/protocol';
import type { Batch, Kind } from '@trunkline/protocol';
import { sizeOf } from '../../packages/protocol/src/message-encoder.js';
import { arbitraryBatch, arbitraryMessage, arbitraryMessageOf } from './arbitrary-message.js';
import { chooseSeed } from './seed.js';

const seed = chooseSeed('message round trip');

describe('decodeBatch after encodeBatch', () => {
  it.each(Object.keys(KINDS) as Kind[])('gives every %s back', (kind) => {
    fc.assert(
      fc.property(arbitraryMessageOf(kind), (message) => {
        const head = takesNumber(message) ? { seq: 1 } : {};
        const batch = decodeBatch(encodeBatch(new Writer(), head, [message]));
        expect(batch).toEqual({ seq: head.seq, now: false, messages: [message] });
      }),
      { seed, numRuns: 200 },
    );
  });

  it('gives every batch back, with its head and the order of its messages', () => {
    fc.assert(
      fc.property(arbitraryBatch, ({ head, messages, bytes }) => {
        expect(decodeBatch(bytes)).toEqual({ ...head, messages });
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('reads from a place within a larger buffer, as a socket gives it', () => {
    fc.assert(
      fc.property(arbitraryBatch, fc.nat(64), ({ messages, bytes }, before) => {
        const buffer = Buffer.alloc(before + bytes.length + 9, 0xff);
        buffer.set(bytes, before);
        const batch = decodeBatch(buffer.subarray(before, before + bytes.length)) as Batch;
        expect(batch.messages.length).toBe(messages.length);
        const again = encodeBatch(new Writer(), batch, batch.messages as typeof messages);
        expect(Buffer.compare(again, bytes)).toBe(0);
      }),
      { seed, numRuns: 500 },
    );
  });

  it('takes no batch with a byte more or less', () => {
    fc.assert(
      fc.property(
        arbitraryMessage,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (message, n, byte) => {
          const head = takesNumber(message) ? { seq: 1 } : {};
          const bytes = encodeBatch(new Writer(), head, [message]);
          const cut = n % bytes.length;
          expect(decodeBatch(bytes.subarray(0, cut))).toBeInstanceOf(Violation);
          // A message without a body might follow; nothing else fits into one byte.
          expect(decodeBatch(Uint8Array.of(...bytes, byte))).toBeInstanceOf(Violation);
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });
});

describe('sizeOf', () => {
  it('guesses near enough that a batch closed by it stays below the limit of a batch', () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        const head = takesNumber(message) ? { seq: 1 } : {};
        const { length } = encodeBatch(new Writer(), head, [message]);
        expect(length).toBeLessThanOrEqual(sizeOf(message) * 2 + 3);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
