import { call, contract, stream } from '@trunkline/contract';
import { implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred, type Deferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const Bytes = z.instanceof(Uint8Array);
const MIB = 1_048_576;

const files = contract('files', {
  echo: call({ input: Bytes, output: Bytes, maxOutputBytes: 2 * MIB }),
  big: call({ input: z.object({ bytes: z.int() }), output: Bytes, maxOutputBytes: 16 * MIB }),
  size: call({ input: z.string(), output: z.int() }),
  take: call({ input: Bytes, output: z.int(), maxInputBytes: 2 * MIB }),
  parts: stream({ input: z.object({ sizes: z.array(z.int()) }), down: Bytes }),
  upload: stream({ up: Bytes, output: z.array(z.int()) }),
  forever: stream({ input: z.object({ bytes: z.int() }), down: Bytes }),
  text: call({ input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) }),
});

/** Bytes that tell where they stand. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >>> 8)) & 255;
  return bytes;
}

function isPattern(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, pattern(bytes.length)) === 0;
}

function filesService(fences: { given?: Deferred<void>; left?: Deferred<void> } = {}) {
  return implement(files, {
    echo: (bytes) => bytes,
    big: ({ bytes }) => {
      fences.given?.resolve();
      return pattern(bytes);
    },
    size: (text) => text.length,
    take: (bytes) => bytes.length,
    async *parts({ sizes }) {
      for (const size of sizes) yield pattern(size);
    },
    async upload(_input, context) {
      const sizes: number[] = [];
      for await (const piece of context.items) sizes.push(isPattern(piece) ? piece.length : -1);
      return sizes;
    },
    async *forever({ bytes }) {
      try {
        for (;;) yield pattern(bytes);
      } finally {
        fences.left?.resolve();
      }
    },
    text: (value) => value,
  });
}

describeTransports('large values', (open) => {
  it('echoes a value of 1 MiB', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    const back = await client.files.echo(pattern(MIB));
    expect(isPattern(back)).toBe(true);
    expect(back.length).toBe(MIB);
  });

  it('gives a result of 8 MiB', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    const bytes = await client.files.big({ bytes: 8 * MIB });
    expect([bytes.length, isPattern(bytes)]).toEqual([8 * MIB, true]);
  });

  it('carries text and annotations of any size', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    const text = 'a wörd '.repeat(100_000);
    expect(await client.files.text({ text })).toEqual({ text });
  });

  it('takes inputs up to the limit of their procedure, and refuses one byte more', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    for (const size of [2 * MIB - 1, 2 * MIB]) {
      expect(await client.files.take(pattern(size))).toBe(size);
    }
    const error = { code: 'TOO_LARGE', executed: 'no' };
    await expect(client.files.take(pattern(2 * MIB + 1))).rejects.toMatchObject(error);
    expect((await client.files.echo(pattern(MIB))).length).toBe(MIB);
    await expect(client.files.echo(pattern(MIB + 1))).rejects.toMatchObject(error);
    expect(await client.files.size('still here')).toBe(10);
  });

  it('gives results up to the limit of their procedure, and refuses one byte more', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    const error = { code: 'TOO_LARGE', executed: 'yes' };
    expect((await client.files.big({ bytes: 16 * MIB })).length).toBe(16 * MIB);
    await expect(client.files.big({ bytes: 16 * MIB + 1 })).rejects.toMatchObject(error);
    expect(await client.files.size('still here')).toBe(10);
  });

  it.each([32_767, 32_768, 32_769, 65_536])('echoes %i bytes, around the cut', async (size) => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    expect(isPattern(await client.files.echo(pattern(size)))).toBe(true);
  });

  it('carries two large values and many small ones at once', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    const large = [client.files.echo(pattern(MIB)), client.files.echo(pattern(MIB - 7))];
    const small = Array.from({ length: 100 }, (_, n) => client.files.size('x'.repeat(n)));
    expect(await Promise.all(small)).toEqual(small.map((_, n) => n));
    const sizes = (await Promise.all(large)).map((bytes) => isPattern(bytes) && bytes.length);
    expect(sizes).toEqual([MIB, MIB - 7]);
  });

  it('keeps the order of items whatever their sizes', async () => {
    await using peers = await open({ anonymous: true, services: [filesService()] });
    const client = peers.connect({ contracts: { files } });
    const sizes = [10, 300_000, 1, 40_000, 0, 32_769, 7];
    const came: number[] = [];
    for await (const part of client.files.parts({ sizes })) {
      came.push(isPattern(part) ? part.length : -1);
    }
    expect(came).toEqual(sizes);
    expect(await client.files.upload(undefined, sizes.map(pattern))).toEqual(sizes);
  });

  it('ends a stream of large items when its loop is left', async () => {
    const left = createDeferred();
    await using peers = await open({ anonymous: true, services: [filesService({ left })] });
    const client = peers.connect({ contracts: { files } });
    for await (const part of client.files.forever({ bytes: MIB })) {
      expect(part.length).toBe(MIB);
      break;
    }
    await left.promise;
    expect(await client.files.size('after')).toBe(5);
  });

  it('cancels a large input and a large result in the middle, and frees both', async () => {
    const given = createDeferred();
    await using peers = await open({ anonymous: true, services: [filesService({ given })] });
    const client = peers.connect({ contracts: { files } });
    await client.files.size('ready');
    const abort = new AbortController();
    const { signal } = abort;
    const lost = [
      client.files.echo(pattern(MIB), { signal }),
      client.files.big({ bytes: 8 * MIB }, { signal }),
    ].map((promise) => promise.catch((error: unknown) => error));
    await given.promise;
    abort.abort();
    expect(await Promise.all(lost)).toMatchObject([
      { code: 'CANCELLED', executed: 'no' },
      { code: 'CANCELLED', executed: 'unknown' },
    ]);
    expect(await client.files.size('after')).toBe(5);
    expect((await client.files.echo(pattern(MIB))).length).toBe(MIB);
  });

  it('goes on in the middle of a large value after a cut', async () => {
    const given = createDeferred();
    await using peers = await open({ anonymous: true, services: [filesService({ given })] });
    const client = peers.connect({ contracts: { files } });
    await client.files.size('ready');
    const large = client.files.big({ bytes: 8 * MIB });
    await given.promise;
    peers.cut();
    await peers.restore();
    expect((await large).length).toBe(8 * MIB);
    expect((await client.files.echo(pattern(MIB))).length).toBe(MIB);
  });
});
