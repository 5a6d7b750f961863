import {
  SERVER_DECODE_LIMITS,
  writeCheckedInt,
  type PackReader,
  type WritePart,
} from '@trunkline/protocol';
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

/** Serializes with code that writes a count and asks its check. */
async function serializeWith(n: z.ZodType, given: unknown) {
  const described = contract('counter', { add: call({ output: z.object({ n }) }) });
  const key = describeContract(described).layouts['add']?.keys['output'] ?? '';
  const write = vi.fn<WritePart>(
    (writer, value) =>
      writer.open(value, 1) && writeCheckedInt(writer, value['n'], 0) && writer.depth-- > 0,
  );
  const own = contract('counter', { add: call({ output: z.object({ n }) }) });
  useCodecs(own, { add: { output: { key, write } } });
  const packed = await procedureCodecs(own.members.add).output?.serialize(given, LIMITS);
  return { packed, count: write.mock.calls.length };
}

describe('useCodecs', () => {
  it('writes with the checks of the schema', async () => {
    const { packed, count } = await serializeWith(z.int().min(1), { n: 5 });
    expect(packed).toEqual({ bytes: BYTES });
    expect(count).toBe(1);
  });

  it('gives the issues of zod for what a check refuses while it is written', async () => {
    const { packed, count } = await serializeWith(z.int().min(6), { n: 5 });
    expect(packed).toMatchObject({ ok: false });
    expect(count).toBe(1);
  });

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
