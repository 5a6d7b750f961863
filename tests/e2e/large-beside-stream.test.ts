import { call, contract, stream } from '@trunkline/contract';
import { implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const text = z.object({ text: z.string() });
const desk = contract('desk', {
  size: call({ input: text, output: z.int() }),
  watch: stream({ input: text, down: z.int() }),
});

describeTransports('a large input beside a stream that lasts', (open) => {
  it('is taken', async () => {
    const left = createDeferred<undefined>();
    const service = implement(desk, {
      size: ({ text: all }) => all.length,
      async *watch() {
        yield 1;
        await left.promise;
      },
    });
    await using peers = await open({ anonymous: true, services: [service] });
    const client = peers.connect({ contracts: { desk } });
    const watched = client.desk.watch({ text: '' })[Symbol.asyncIterator]();
    await watched.next();
    expect(await client.desk.size({ text: 'x'.repeat(300_000) })).toBe(300_000);
    left.resolve(undefined);
  });
});
