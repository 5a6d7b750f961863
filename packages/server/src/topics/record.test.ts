import { topic } from '@trunkline/contract';
import { topicCodecs } from '@trunkline/contract/codecs';
import { CLIENT_DECODE_LIMITS, ENCODING } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { resolveServerLimits } from '../limits/limits.js';
import { keepOf, prepareRecord } from './record.js';

const LIMITS = resolveServerLimits(undefined);
const note = topic({ message: z.object({ text: z.string().min(1), at: z.date() }) });
const blob = topic({ message: z.instanceof(Uint8Array) });

describe('prepareRecord', () => {
  it('parses the message and encodes what clients will read', async () => {
    const message = { text: 'hello', at: new Date(0), extra: 'stays here' };
    const record = await prepareRecord(note, message, { publisher: 'p', counter: 4 });
    expect(record).toMatchObject({
      publishId: { publisher: 'p', counter: 4 },
      encoding: ENCODING.PACKED,
      layoutHash: topicCodecs(note).receive,
    });
    expect(topicCodecs(note).message.decode(record.bytes, CLIENT_DECODE_LIMITS)).toEqual({
      value: { text: 'hello', at: new Date(0) },
    });
  });

  it('is ready at once for a schema that waits for nothing', () => {
    const record = prepareRecord(note, { text: 'hello', at: new Date(0) }, undefined);
    expect(record).not.toBeInstanceOf(Promise);
  });

  it('waits for a refinement that returns a promise', async () => {
    const slow = topic({ message: z.string().refine((text) => Promise.resolve(text !== 'no')) });
    await expect(prepareRecord(slow, 'yes', undefined)).resolves.toMatchObject({ bytes: {} });
    await expect(prepareRecord(slow, 'no', undefined)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      executed: 'no',
    });
  });

  it('refuses a message that does not fit with its issues', () => {
    expect(() => prepareRecord(note, { text: '' }, undefined)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        executed: 'no',
        message: expect.stringContaining('the topic message does not fit its schema at "text"'),
        data: {
          issues: [
            expect.objectContaining({ path: ['text'], code: 'too_small' }),
            expect.objectContaining({ path: ['at'], code: 'invalid_type' }),
          ],
        },
      }),
    );
  });

  it('says that there are more issues than it names', () => {
    const many = topic({ message: z.array(z.string()) });
    expect(() => prepareRecord(many, Array(20).fill(1), undefined)).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ truncated: true }) }),
    );
  });

  it('takes a message that fills a batch with its envelope, and refuses a larger one', () => {
    const most = 256 * 1024 - 64;
    expect(prepareRecord(blob, new Uint8Array(most), undefined)).toMatchObject({
      encoding: ENCODING.BYTES,
    });
    expect(() => prepareRecord(blob, new Uint8Array(most + 1), undefined)).toThrow(
      expect.objectContaining({
        code: 'TOO_LARGE',
        message: `the topic message has ${most + 1} bytes; allowed are ${most}, what fits in one batch`,
      }),
    );
  });

  it('refuses what cannot be carried', () => {
    const loose = topic({ message: z.unknown() });
    expect(() => prepareRecord(loose, { at: () => 1 }, undefined)).toThrow('a function at "at"');
  });
});

describe('keepOf', () => {
  it('keeps nothing of a topic that does not say so', () => {
    expect(keepOf(note, LIMITS)).toBeUndefined();
  });

  it('takes what the topic says, and the limits of the server for the rest', () => {
    const kept = (keep: object) => keepOf(topic({ message: z.string(), keep }), LIMITS);
    expect(kept({})).toEqual({ count: 100, ageMs: 300_000, bytes: 1_048_576 });
    expect(kept({ count: 5 })).toEqual({ count: 5, ageMs: 300_000, bytes: 1_048_576 });
    expect(kept({ ageMs: 1, bytes: 2 })).toEqual({ count: 100, ageMs: 1, bytes: 2 });
  });
});
