import { connect } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { ENCODING } from '@trunkline/protocol';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { ScriptedServer } from '../../packages/client/tests/scripted-server.js';
import { reactionTo } from './reactions.js';

const desk = contract('desk', { echo: call({ input: z.string(), output: z.string() }) });
const ZERO = '0'.repeat(16);

it('our client sends a call again as superjson where its layout is not known', async () => {
  expect(reactionTo('ERROR', /code is LAYOUT/)).toMatch(
    /^sends the CALL again as superjson to the procedure, bound again with sendHash 0/,
  );
  const server = new ScriptedServer();
  const { runtime, network } = server;
  const client = connect('ws://test', { contracts: { desk }, dial: network.dial, runtime });
  const echoed = client.desk.echo('a');
  await runtime.settle();
  const { latest } = server;
  expect(latest.subprotocol).toBe('trunkline.v1.packed');
  expect(latest.last('CALL')).toMatchObject({ procedure: 0, encoding: ENCODING.PACKED });
  expect(latest.last('BIND').sendHash).not.toBe(ZERO);
  latest.error(0, { code: 'LAYOUT' });
  await runtime.settle();
  expect(latest.last('BIND')).toMatchObject({ procedure: 1, name: 'desk.echo', sendHash: ZERO });
  expect(latest.last('CALL')).toMatchObject({ procedure: 1, encoding: ENCODING.SUPERJSON });
  latest.result(latest.last('CALL').id, 'a');
  expect(await echoed).toBe('a');
  const next = client.desk.echo('b');
  await runtime.settle();
  expect(latest.last('CALL')).toMatchObject({ procedure: 1, encoding: ENCODING.SUPERJSON });
  latest.result(latest.last('CALL').id, 'b');
  await next;
  client.close();
  await runtime.settle();
  expect(runtime.timers).toBe(0);
});
