import { SERVER_DECODE_LIMITS, type PackReader } from '@trunkline/protocol';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { contract, describe as describeContract } from './contract.js';
import { useCodecs } from './generated-parts.js';
import { procedureCodecs } from './member-codec.js';
import { call } from './member.js';

const LIMITS = SERVER_DECODE_LIMITS;
const BYTES = Uint8Array.of(0, 5);

function counter(n: z.ZodType) {
  return contract('counter', { add: call({ input: z.object({ n }) }) });
}

/** Gives a contract code that was made for `madeFor`, and parses with it. */
async function parseWith(n: z.ZodType, madeFor: z.ZodType) {
  const key = describeContract(counter(madeFor)).layouts['add']?.keys['input'] ?? '';
  const read = vi.fn<(reader: PackReader) => unknown>((reader) => ({ n: reader.int() }));
  const own = counter(n);
  useCodecs(own, { add: { input: { key, read } } });
  const parsed = await procedureCodecs(own.members.add).input?.parse(BYTES, LIMITS);
  return { parsed, count: read.mock.calls.length };
}

describe('useCodecs', () => {
  it('runs code that was made for the schema', async () => {
    const { parsed, count } = await parseWith(z.int().min(1), z.int().min(2));
    expect(parsed).toEqual({ ok: true, value: { n: 5 } });
    expect(count).toBe(1);
  });

  it.each<[string, z.ZodType]>([
    ['another layout', z.string().min(1)],
    ['a schema without checks', z.int()],
    ['a check of another kind', z.int().refine(() => true)],
  ])('leaves code that was made for %s', async (_name, madeFor) => {
    const { parsed, count } = await parseWith(z.int().min(6), madeFor);
    expect(parsed).toMatchObject({ ok: false });
    expect(count).toBe(0);
  });
});
