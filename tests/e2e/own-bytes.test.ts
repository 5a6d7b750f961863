import { call, contract, stream } from '@trunkline/contract';
import { implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeTransports } from '../support/peers.js';

const bytes = z.instanceof(Uint8Array);
const files = contract('files', {
  pieces: stream({ input: z.int(), down: bytes }),
  whole: call({ output: bytes }),
});

describeTransports('a handler that fills its buffer again', (open) => {
  const openFiles = () => {
    const buffer = new Uint8Array(200_000);
    const service = implement(files, {
      *pieces(count) {
        for (let n = 0; n < count; n++) yield buffer.subarray(0, 3).fill(n);
      },
      whole: () => {
        queueMicrotask(() => buffer.fill(9));
        return buffer.fill(1);
      },
    });
    return open({ anonymous: true, services: [service] });
  };

  it('sends each item as it was given', async () => {
    await using peers = await openFiles();
    const { files: client } = peers.connect({ contracts: { files } });
    const got: number[][] = [];
    for await (const piece of client.pieces(5)) got.push([...piece]);
    expect(got).toEqual([0, 1, 2, 3, 4].map((n) => [n, n, n]));
  });

  it('sends a large result as it was given', async () => {
    await using peers = await openFiles();
    const { files: client } = peers.connect({ contracts: { files } });
    const whole = await client.whole();
    expect(whole.every((byte) => byte === 1)).toBe(true);
  });
});
