import { call, contract, stream, topic } from '@trunkline/contract';
import { implement } from '@trunkline/server';
import * as z from 'zod';

const Bytes = z.instanceof(Uint8Array);

/** A contract with what it takes to come to the limits that the test contract does not. */
export const lab = contract('lab', {
  once: call({ input: Bytes, output: Bytes, idempotent: true }),
  /** Waits until its session ends. */
  park: call({ input: Bytes, output: z.int() }),
  give: call({ input: z.int(), output: Bytes }),
  numbers: call({ input: z.array(z.int()) }),
  fail: call({
    input: z.object({ text: z.int(), data: z.int() }),
    errors: { LAB: z.string() },
  }),
  bytes: stream({ input: z.int(), down: Bytes }),
  take: stream({ up: Bytes, output: z.int() }),
  hold: stream({ up: Bytes, output: z.int() }),
  news: topic({
    params: z.object({ id: z.string() }),
    message: z.string(),
    public: true,
    keep: {},
  }),
  blobs: topic({ message: Bytes, public: true, keep: {} }),
  open: topic({
    params: z.object({ id: z.string() }),
    message: z.string(),
    public: true,
    publish: 'client',
  }),
});

/** Implements the lab. */
export function labService() {
  return implement(lab, {
    once: (input) => input,
    give: (size) => new Uint8Array(size),
    park: (_input, { signal }) => ended(signal),
    numbers: () => undefined,
    fail: ({ text, data }, context) => {
      throw context.error('LAB', 'd'.repeat(data), 'm'.repeat(text));
    },
    *bytes(count) {
      for (let n = 0; n < count; n++) yield new Uint8Array(1);
    },
    async take(_input, { items }) {
      let bytes = 0;
      for await (const item of items) bytes += item.length;
      return bytes;
    },
    // Takes nothing: what comes is held.
    hold: (_input, { signal }) => ended(signal),
    open: { authorizePublish: () => true },
  });
}

function ended(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));
}
