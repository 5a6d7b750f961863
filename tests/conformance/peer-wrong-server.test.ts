import type { Message } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { startMutatingProxy, type Mutation } from './src/mutating-proxy.js';
import { isPythonThere, runPeer } from './src/peer-program.js';
import { createProbeServer } from './src/server.js';
import { startSteeredServers } from './src/steered-servers.js';

const RUN_MS = 30_000;
const NONE = { encoding: 0, bytes: new Uint8Array(0) } as const;

function changed<K extends Message['kind']>(
  kind: K,
  change: (message: Extract<Message, { kind: K }>) => object,
): Mutation {
  return {
    messages: (messages) =>
      messages.map((message) =>
        message.kind === kind
          ? ({ ...message, ...change(message as Extract<Message, { kind: K }>) } as Message)
          : message,
      ),
  };
}

function without(kind: Message['kind']): Mutation {
  return { messages: (messages) => messages.filter((message) => message.kind !== kind) };
}

function twice(kind: Message['kind']): Mutation {
  return {
    messages: (messages) =>
      messages.flatMap((message) => (message.kind === kind ? [message, message] : [message])),
  };
}

/** Runs a task of the peer against a server of the contract `probe` that is made wrong. */
async function judgeMutant(task: string, checks: readonly string[], mutation: Mutation) {
  const server = createProbeServer({ onError: () => undefined });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  const proxy = await startMutatingProxy(`ws://127.0.0.1:${port}`, mutation);
  try {
    return await runPeer([task, '--url', proxy.url, ...checks]);
  } finally {
    await proxy.close();
    await server.close();
  }
}

/** Runs steered checks against servers that are made wrong. */
async function judgeSteeredMutant(checks: readonly string[], mutation: Mutation) {
  const proxies: { close(): Promise<void> }[] = [];
  const steered = await startSteeredServers(0, async (url) => {
    const proxy = await startMutatingProxy(url, mutation);
    proxies.push(proxy);
    return proxy.url;
  });
  try {
    return await runPeer(['steered', '--url', steered.url, ...checks]);
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await steered.close();
  }
}

const LIVE: readonly [string, Mutation][] = [
  ['calls, and gets the result', changed('RESULT', () => NONE)],
  ['gets an error that is declared, with its data', changed('ERROR', () => NONE)],
  ['gets DENIED before the handler runs', changed('ERROR', () => ({ executed: 'yes' }))],
  ['gets DEADLINE at the deadline', changed('ERROR', () => ({ code: 'CANCELLED' }))],
  ['cancels a call', changed('ERROR', () => ({ executed: 'no' }))],
  ['is called by the server, and answers', changed('CALL', () => ({ id: 2 }))],
  ['has its PING answered', changed('PONG', () => ({ value: 1 }))],
  ['has its messages acknowledged', { isMute: true }],
  ['has NOW acknowledged at once', { isMute: true }],
  ['reads a stream and raises the credit', without('END')],
  ['is sent no more items than the credit allows', twice('ITEM')],
  ['sends a stream within its credit', without('CREDIT')],
  ['streams both ways', twice('ITEM')],
  ['stops a stream early', without('ERROR')],
  ['subscribes, with the last that are kept', changed('SUBSCRIBED', () => ({ state: 'gap' }))],
  [
    'recovers a subscription over a reconnect',
    changed('MESSAGE', ({ offset }) => ({ offset: offset + 1 })),
  ],
  ['is told of a gap', without('GAP')],
  ['publishes, and is told the place', changed('RESULT', () => ({ published: undefined }))],
  ['renews its token while a call waits, and goes on', without('AUTHED')],
  ['gets the end of a call that went on over a cut', changed('RESUMED', () => ({ rx: 0 }))],
];

const STEERED: readonly [string, Mutation][] = [
  ['moves to another session when its server stops, and calls there', without('GOAWAY')],
  ['takes its subscriptions along, without a gap', changed('SUBSCRIBED', () => ({ top: 0 }))],
  [
    'is told that a call did not end in time, whose server stops',
    changed('ERROR', () => ({ executed: 'no' })),
  ],
  [
    'has its session ended when its rights are taken back, and begins another one',
    changed('GONE', () => ({ reason: 'expired' })),
  ],
  ['loses one subscription by a decision of the server, and keeps the others', without('ENDED')],
];

const MISBEHAVE: readonly [string, Mutation, string][] = [
  ['text-message', { dropsText: true }, 'it did not close with 4400'],
  ['subscribes-above-the-rate', { reason: 'soon' }, "the reason is 'soon'"],
  ['deadline-of-0', changed('ERROR', () => ({ executed: 'unknown' })), 'executed is'],
  ['unknown-optional', without('MESSAGE'), 'an event of a topic did not come'],
];

describe.skipIf(!isPythonThere)('the peer in Python, of servers that are right,', () => {
  it(
    'finds nothing in a server behind a proxy that changes nothing',
    async () => {
      const names = LIVE.map(([name]) => name);
      const { code, output } = await judgeMutant('live', names, {});
      expect(code, output).toBe(0);
      const steered = await judgeSteeredMutant(
        STEERED.map(([name]) => name),
        {},
      );
      expect(steered.code, steered.output).toBe(0);
    },
    RUN_MS,
  );
});

describe.skipIf(!isPythonThere).concurrent('the peer in Python, of servers that are wrong,', () => {
  it.each(LIVE)(
    'finds a server with which it cannot say that it %s',
    async (name, mutation) => {
      const { code, output } = await judgeMutant('live', [name], mutation);
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('FAIL') });
    },
    RUN_MS,
  );

  it.each(STEERED)(
    'finds steered servers with which it cannot say that it %s',
    async (name, mutation) => {
      const { code, output } = await judgeSteeredMutant([name], mutation);
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('FAIL') });
    },
    RUN_MS,
  );

  it.each(MISBEHAVE)(
    'finds a server that does not react to %s as it should',
    async (name, mutation, words) => {
      const { code, output } = await judgeMutant('misbehave', [name], mutation);
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(words) });
    },
    RUN_MS,
  );
});
