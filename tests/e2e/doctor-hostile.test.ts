import {
  encodeBatch,
  SESSION_LIMITS,
  SUBPROTOCOLS,
  systemRuntime,
  Writer,
  type Message,
  type SessionLimits,
} from '@trunkline/protocol';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { checkIdle } from '../../packages/codegen/src/doctor/idle-check.js';
import { Probe } from '../../packages/codegen/src/doctor/probe.js';

const LIMITS = Object.fromEntries(
  Object.entries(SESSION_LIMITS).map(([name, { absent }]) => [name, absent]),
) as SessionLimits;

const WELCOME: Message = {
  kind: 'WELCOME',
  features: 0,
  session: 's',
  secret: new Uint8Array(0),
  ttlMs: 0,
  expiresInMs: 0,
  idleMs: 15_000,
  limits: LIMITS,
  revisions: [],
};

const batchOf = (messages: Message[]) => encodeBatch(new Writer(), {}, messages).slice();

/** A server that answers HELLO, and then says nothing but PONG, very often. */
async function startFlood() {
  const sockets = new WebSocketServer({
    port: 0,
    host: 'localhost',
    handleProtocols: () => SUBPROTOCOLS.superjson,
  });
  const flood = batchOf(Array.from({ length: 40_000 }, () => ({ kind: 'PONG', value: 0 })));
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('message', () => {
      socket.send(batchOf([WELCOME]));
      for (let count = 0; count < 8; count++) socket.send(flood);
    });
  });
  await once(sockets, 'listening');
  const { port } = sockets.address() as AddressInfo;
  return {
    url: new URL(`ws://localhost:${port}`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
}

it('the doctor notes only so much of what a server says, and comes to an end', async () => {
  await using server = await startFlood();
  const target = {
    url: server.url,
    token: '',
    origin: undefined,
    insecure: false,
    runtime: systemRuntime,
  };
  const findings = await checkIdle(target, {
    idleMs: 500,
    serverIdleMs: 15_000,
    progress: () => undefined,
  });
  expect(findings.map(({ check }) => check)).toEqual(['idle', 'dead peer']);
  const opening = await Probe.open(target);
  if (opening.outcome !== 'open') throw new Error('no connection');
  await opening.probe.hello();
  await opening.probe.ping(500);
  expect(opening.probe.heard.length).toBeLessThanOrEqual(10_000);
  await opening.probe.close();
});
