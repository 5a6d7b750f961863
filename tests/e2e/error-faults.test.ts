import { call, contract } from '@trunkline/contract';
import { implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeTransports } from '../support/peers.js';

const shop = contract('shop', {
  add: call({ errors: { NOPE: z.object({ n: z.number() }), CLOSED: z.string() } }),
  clear: call(),
  rename: call({ input: z.string() }),
});

/** What a handler throws, whatever its contract allows. */
type Thrown = readonly [code: string, data: unknown];

/** As contexts are without types. */
interface Untyped {
  error(code: string, data: unknown): Error;
}

function shopThrowing(code: string, data: unknown) {
  const fail = (_input: unknown, context: Untyped): never => {
    throw context.error(code, data);
  };
  return implement(shop, { add: fail as never, clear: fail as never, rename: () => {} });
}

describeTransports('an error that the contract does not allow', (open) => {
  it.each<[string, 'add' | 'clear', Thrown, string]>([
    [
      'data with a wrong field',
      'add',
      ['NOPE', { n: 'x' }],
      'data of "NOPE" does not fit its schema at "n": Invalid input: expected number, received string',
    ],
    [
      'data that is wrong as a whole',
      'add',
      ['CLOSED', 5],
      'data of "CLOSED" does not fit its schema at the value itself: Invalid input: expected string, received number',
    ],
    [
      'a code that is not declared',
      'add',
      ['OTHER', undefined],
      '"OTHER" is not declared by shop.add: expected NOPE, CLOSED',
    ],
    [
      'a code where none is declared',
      'clear',
      ['OTHER', undefined],
      '"OTHER" is not declared by shop.clear: it declares no errors',
    ],
  ])('is told of with its mend: %s', async (_what, member, [code, data], message) => {
    await using peers = await open({ anonymous: true, services: [shopThrowing(code, data)] });
    const client = peers.connect({ contracts: { shop } });
    await expect(client.shop[member]()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(peers.failures).toMatchObject([
      { where: `shop.${member}`, error: { name: 'TypeError', message, cause: { code } } },
    ]);
  });

  it('names an input that is wrong as a whole the same way', async () => {
    await using peers = await open({ anonymous: true, services: [shopThrowing('OTHER', 0)] });
    const client = peers.connect({ contracts: { shop } });
    await expect(client.shop.rename(5 as never)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(' at the value itself: ') as string,
    });
  });
});
